"""The tariffs of docs/tariffs.md are what the API takes, and gives back."""

import pytest

from tests.client import Client
from tests.engines.pricing.examples import Example, examples, preview
from tests.given import Given

TARIFFS, PREVIEW = "/resources/tariffs/v1.0", "/internal/tariffs/v1.0/preview"


@pytest.mark.parametrize("example", list(examples()), ids=str)
async def test_a_tariff_of_the_page_is_taken(api: Client, given: Given, example: Example) -> None:
    await given.currency()
    made = await api.post(TARIFFS, example.body)
    assert made.status == 201, made.body
    for name, said in example.body.items():
        assert made.data[name] == said, name


async def test_the_preview_of_the_page_is_what_is_answered(api: Client, given: Given) -> None:
    await given.currency()
    asked, told = preview()
    answer = await api.post(PREVIEW, asked)
    assert (answer.status, answer.body) == (200, told)
