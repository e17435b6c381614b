"""Bodies that may be one thing or another, and texts in several languages: what is wrong is named where it is."""

from typing import Any

import msgspec
import pytest

from ohmstead.kit.errors import Invalid
from ohmstead.kit.validation import decode
from ohmstead.kit.views import View
from tests.kit.conftest import Yard
from tests.kit.things import Round, Square

CRATES = "/resources/crates/v2.0"
OF = "it must be one of round, square."


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({"shape": "round"}, {"form.radius": ["The form radius field is required."]}),
        ({"shape": "round", "radius": 0}, {"form.radius": ["The form radius must be greater than 0.0."]}),
        ({"shape": "square", "width": "x"}, {"form.width": ["The form width must be a number."],
                                             "form.depth": ["The form depth field is required."]}),
        ({"radius": 1}, {"form.shape": [f"The form shape field is required: {OF}"]}),
        ({"shape": "oval", "radius": 1}, {"form.shape": [f"The selected form shape is invalid: {OF}"]}),
        ({"shape": None}, {"form.shape": [f"The selected form shape is invalid: {OF}"]}),
        ([], {"form": ["The form must be an object."]}),
    ],
)  # fmt: skip
async def test_the_alternative_that_is_meant_is_named(yard: Yard, form: Any, errors: dict[str, list[str]]) -> None:
    answer = await yard.client.post(CRATES, {"label": "a", "form": form})
    assert (answer.status, answer.body["errors"]) == (422, errors)


@pytest.mark.parametrize(
    "form", [{"shape": "round", "radius": 2.0}, {"shape": "square", "width": 1.0, "depth": 2.0}, None]
)
async def test_each_alternative_is_taken(yard: Yard, form: Any) -> None:
    assert (await yard.client.post(CRATES, {"label": "a", "form": form})).data["form"] == form


async def test_a_text_for_a_number_is_read_in_the_alternative_that_is_meant(yard: Yard) -> None:
    form = {"shape": "square", "width": "1", "depth": "2"}
    read = (await yard.client.post(CRATES, {"label": "a", "form": form})).data["form"]
    assert read == {"shape": "square", "width": 1.0, "depth": 2.0}


class Several(View):
    forms: list[Round | Square]


@pytest.mark.parametrize(
    ("kind", "raw", "field"),
    [
        (Round | Square, b'{"shape": "square", "width": 1}', "depth"),
        (Round | Square, b'{"width": 1, "depth": 1}', "shape"),
        (Several, b'{"forms": [{"shape": "round", "radius": 1}, {"shape": "square", "width": 1}]}', "forms.1.depth"),
    ],
)
def test_bodies_and_lists_have_alternatives_too(kind: Any, raw: bytes, field: str) -> None:
    with pytest.raises(Invalid) as found:
        decode(raw, msgspec.json.Decoder(kind))
    assert found.value.errors is not None
    assert found.value.errors.keys() == {field}


@pytest.mark.parametrize(
    ("locales", "text"),
    [
        (["en", "de", "en"], "There may be one translation for each locale."),
        ([], "The names must have at least 1 items."),
    ],
)
async def test_a_text_comes_once_in_each_language(yard: Yard, locales: list[str], text: str) -> None:
    names = [{"locale": locale, "translation": str(number)} for number, locale in enumerate(locales)]
    for more in ({}, {"thingId": "no number"}):
        answer = await yard.client.post(CRATES, {"label": "a", "names": names} | more)
        assert answer.status == 422
        assert answer.body["errors"]["names"] == [text]
        assert answer.body["errors"].keys() == {"names"} | ({"thingId"} if more else set())


async def test_texts_in_several_languages_are_taken(yard: Yard) -> None:
    names = [{"locale": "en", "translation": "crate"}, {"locale": "de", "translation": "crate"}]
    assert (await yard.client.post(CRATES, {"label": "a", "names": names})).data["names"] == names
