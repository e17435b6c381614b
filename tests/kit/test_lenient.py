"""Lenient in: texts that spell numbers and truth values, as clients of this API send them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import UNSET, Meta

from ohmstead.kit.errors import Invalid
from ohmstead.kit.validation import decode
from ohmstead.kit.views import Opt, View


class Part(View):
    loud: Opt[bool] = UNSET


class Body(View):
    id: Opt[Annotated[int, Meta(ge=1)] | None] = UNSET
    ids: Opt[list[int]] = UNSET
    text: Opt[str] = UNSET
    either: Opt[int | str] = UNSET
    size: Opt[float] = UNSET
    price: Opt[Decimal] = UNSET
    loud: Opt[bool | None] = UNSET
    word: Opt[Literal["1", "true"]] = UNSET
    at: Opt[datetime] = UNSET
    day: Opt[date | None] = UNSET
    part: Opt[Part] = UNSET
    parts: Opt[list[Part]] = UNSET


DECODER = msgspec.json.Decoder(Body)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"id": "3"}, {"id": 3}),
        ({"at": "2026-03-12"}, {"at": datetime(2026, 3, 12, tzinfo=UTC)}),
        ({"day": "2026-03-12T23:30:00+05:00"}, {"day": date(2026, 3, 12)}),
        ({"day": "2026-03-12 00:00:00", "at": "2026-03-12T01:00:00Z"}, {"day": date(2026, 3, 12)}),
        ({"ids": ["3", 4, "-5"]}, {"ids": [3, 4, -5]}),
        ({"size": "3", "price": "0.10"}, {"size": 3.0, "price": Decimal("0.10")}),
        ({"size": "1.5e2", "loud": "0"}, {"size": 150.0, "loud": False}),
        ({"loud": "true"}, {"loud": True}),
        ({"loud": "False"}, {"loud": False}),
        ({"loud": 1}, {"loud": True}),
        ({"loud": 0}, {"loud": False}),
        ({"id": "7", "text": "7", "either": "7", "word": "1"}, {"id": 7, "text": "7", "either": "7", "word": "1"}),
        ({"id": "7", "word": "true"}, {"id": 7, "word": "true"}),
        ({"id": None, "part": {"loud": "1"}, "parts": [{"loud": "0"}]}, {"id": None}),
    ],
)
def test_texts_of_numbers_and_truth_values_are_read(given: Any, read: Any) -> None:
    body = decode(msgspec.json.encode(given), DECODER)
    assert {name: getattr(body, name) for name in read} == read
    if "part" in given:
        assert (body.part.loud, body.parts[0].loud) == (True, False)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"id": "x"}, "id"),
        ({"id": "3.5"}, "id"),
        ({"id": "0"}, "id"),
        ({"id": ""}, "id"),
        ({"id": True}, "id"),
        ({"id": "9" * 30}, "id"),
        ({"id": "0x10"}, "id"),
        ({"ids": ["3", "x"]}, "ids.1"),
        ({"ids": "3"}, "ids"),
        ({"size": "NaN"}, "size"),
        ({"size": "Infinity"}, "size"),
        ({"price": "12,5"}, "price"),
        ({"day": "2026-03-32T10:00:00Z"}, "day"),
        ({"day": "2026-03-12Tea"}, "day"),
        ({"loud": "yes"}, "loud"),
        ({"loud": 2}, "loud"),
        ({"loud": "2"}, "loud"),
        ({"text": 7}, "text"),
        ({"parts": [{"loud": "maybe"}]}, "parts.0.loud"),
    ],
)
def test_what_is_none_is_named(given: Any, field: str) -> None:
    with pytest.raises(Invalid) as found:
        decode(msgspec.json.encode(given), DECODER)
    assert found.value.errors is not None
    assert list(found.value.errors) == [field]
