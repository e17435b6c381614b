"""The tariffs of docs/tariffs.md are what the API takes, and gives back."""

import pytest

from tests.client import Client
from tests.engines.pricing.examples import Example, examples
from tests.given import Given

TARIFFS = "/resources/tariffs/v1.0"


@pytest.mark.parametrize("example", list(examples()), ids=str)
async def test_a_tariff_of_the_page_is_taken(api: Client, given: Given, example: Example) -> None:
    await given.currency()
    made = await api.post(TARIFFS, example.body)
    assert made.status == 201, made.body
    for name, said in example.body.items():
        assert made.data[name] == said, name
