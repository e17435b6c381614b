"""JSON that is not quite, held to the strict parser where that takes it, and to its own error where nobody can."""

import json
import math
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ohmstead.ocpp import loose_json
from ohmstead.ocpp.loose_json import DEEPEST, Faulty, elements, loads

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def patiently(text: str) -> Any:
    """As read by the patient reader alone."""
    return loose_json._Reading(text).value()


@settings(max_examples=300, deadline=None)
@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_what_is_json_is_read_as_by_everybody(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    reading = loose_json._Reading(text)
    assert reading.value() == json.loads(text)
    assert reading.faults == []
    assert reading.next() == ""
    assert loads(text.encode()) == json.loads(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, max_size=4), st.data())
def test_whatever_is_done_to_it_there_is_a_value_or_our_own_error(value: list[Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(list(',:[]{}"\\\0eE.-+0u') + [""])) + text[at + 1 :]
    found = elements(text.encode(errors="replace"))
    assert isinstance(found.values, list)
    try:
        read = loads(text.encode(errors="replace"))
    except Faulty:
        return
    assert not (found.broken and isinstance(read, list)) or "too" in found.broken


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
@example(b'["\\ud83d","\\ude00"]')
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"[" + b"9" * 5_000 + b",]")
def test_bytes_are_a_value_or_our_own_error(raw: bytes) -> None:
    assert isinstance(elements(raw).values, list)
    with suppress(Faulty):
        loads(raw)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[1,,2]", [1, 2]),
        ("[,,1]", [1]),
        ("[1,]", [1]),
        ("[,]", []),
        ('{"a":,"b":}', {"a": None, "b": None}),
        ('{,"a":1,,"b":2,}', {"a": 1, "b": 2}),
        ('{"a":NaN,"b":-Infinity,"c":True}', {"a": None, "b": None, "c": True}),
        ("[+1,007,.5,5.,1.e2]", [1, 7, 0.5, 5.0, 100.0]),
        ('["a\nb\\q"]', ["a\nb\\q"]),
        ('["\\ud83d\\ude00",]', ["\U0001f600"]),
    ],
)
def test_a_fault_whose_meaning_is_plain(text: str, meant: Any) -> None:
    assert patiently(text) == meant
    assert loads(text.encode()) == meant


@pytest.mark.parametrize(
    "text", ["", "[", "[1", '["a', '["\\', "[1 2]", "{1:2}", '{"a"}', "[a]", "[1_0]", "[--1]", "}", "['a']"]
)
def test_what_could_be_meant_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(Faulty):
        loads(text.encode())


def test_what_was_read_before_the_fault_is_kept() -> None:
    found = elements(b'[2,"id","Action",{"a":"b')
    assert found.values == [2, "id", "Action"]
    assert found.broken == "cut off at character 24"
    assert elements(b'[2,"id",,"Action",{}]\0').faults == ("a comma too many at character 8",)
    assert elements(b"{}").broken == "no array"


def test_nesting_has_a_bound() -> None:
    fits, deeper = (f"{'[' * depth}{']' * depth},"[:-1] for depth in (DEEPEST, DEEPEST + 2))
    assert patiently(fits) == json.loads(fits)
    with pytest.raises(Faulty, match="deep"):
        patiently(deeper)


@pytest.mark.parametrize("piece", ['"', "\\", '["', ",", '{"a":', "9", ' "\\u', "[,", '"a",'])
def test_it_takes_no_longer_than_the_text_is_long(piece: str) -> None:
    """Twice the text may take four times as long on a busy machine, and not sixteen times."""

    def best(length: int) -> float:
        raw, times = ("[" + piece * (length // len(piece)))[:length].encode(), []
        for _ in range(5):
            began = time.perf_counter()
            elements(raw)
            times.append(time.perf_counter() - began)
        return min(times)

    assert best(32_000) < 4 * 4 * best(8_000) + 0.002
    assert math.isfinite(best(10))
