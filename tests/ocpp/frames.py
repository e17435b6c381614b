"""Frames as no charge point should send them: calls with something spoiled, and bytes; hypothesis strategies."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from ohmstead.ocpp.v16.version import ANSWERS as TAKEN_1_6
from ohmstead.ocpp.v201.version import ANSWERS as TAKEN_2_0_1
from tests.ocpp.schemas import example

SPOILS: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 2**63, 2**70, -1.5, 1e308, float("nan"), float("inf"), "", " ", "\0", "ß\ud800", "-1",
    "1970-01-01T00:00:00Z", "2026-03-01T12:00:00", "9999-12-31T23:59:59+14:00", "x" * 3000, [], {}, [[[[]]]], [None],
    "0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", 10**400, -(2**31) - 1,
    "1,234", "12,", "y" * 11_000, {"": {}}, [1] * 50, [{"value": None}], "1e999", "12,5",
    [{"timestamp": "then", "sampledValue": [{"value": "1"}]}],
)  # fmt: skip
BYTES = (
    b"", b"[]", b"[2]", b"{}", b"null", b"[2,", b"\xff\xfe", b'[2,"', b"\0" * 9, b"[" * 5000, b'[2,"1","Heartbeat",{}',
    b'[2,"-1","Heartbeat",{},]', b"[2,,", b'\xef\xbb\xbf[2]', b'[2,"\\', b'[2,"cut","Heartbeat",{"a":',
    b'[3,"unasked",{}]', b'[4,"unasked","GenericError","",{}]', b'[5,"unasked","GenericError","",{}]',
    b'[6,"sent","Heartbeat",{}]', b'[9,"odd","Heartbeat",{}]', b'["2",17,"Heartbeat",{}]', b'[2,null,"Heartbeat",{}]',
)  # fmt: skip
TAKEN = {"v16": sorted(TAKEN_1_6), "v201": sorted(TAKEN_2_0_1)}


def marked(value: Any, mark: str) -> Any:
    """A payload whose plain texts (the schemas' examples are x all over) are made of a mark."""
    if isinstance(value, dict):
        return {key: marked(part, mark) for key, part in value.items()}
    if isinstance(value, list):
        return [marked(part, mark) for part in value]
    return mark * len(value) if isinstance(value, str) and value and not value.strip("x") else value


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every property and item in a payload, with what holds it."""
    inside = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, part in inside:
        yield value, key
        if isinstance(part, dict | list):
            yield from places(part)


@st.composite
def calls(draw: st.DrawFn, version: str, mark: str) -> list[Any]:
    """A well-formed call, its id still to be given: a payload of the action's own with up to three things wrong, or of
    an action that nobody takes. `version` is v16 or v201."""
    action = draw(st.sampled_from([*TAKEN[version], *TAKEN[version], "Reset", "", "Größe", "x" * 99]))
    payload: Any = {"x": "x"}
    if action in TAKEN[version]:
        name = action if version == "v16" else f"{action}Request"
        payload = marked(example(name, draw(st.booleans()), version), mark)
    for where, how in draw(st.lists(st.tuples(st.integers(0, 999), st.integers(0, len(SPOILS) + 1)), max_size=3)):
        _spoil(payload, where, how)
    return [2, "", action, payload]


def _spoil(payload: dict[str, Any], where: int, how: int) -> None:
    """Put something odd at a place, take the place away, or put something beside it."""
    found = list(places(payload))
    holder, key = found[where % len(found)] if found else (payload, "x")
    if how < len(SPOILS):
        holder[key] = deepcopy(SPOILS[how])
    elif how == len(SPOILS) and found:
        del holder[key]
    elif isinstance(holder, dict):
        holder[f"{key}2"] = 1


def written(call: list[Any]) -> bytes:
    return json.dumps(call).encode()


@st.composite
def broken(draw: st.DrawFn, version: str, mark: str) -> bytes:
    """What is hardly a frame: bytes, a call cut short, one with a byte changed, or an array of anything."""
    if draw(st.booleans()):
        return draw(st.sampled_from(BYTES) | st.binary(max_size=60))
    whole = written(draw(calls(version, mark)))
    at, byte = draw(st.integers(0, len(whole) - 1)), draw(st.integers(0, 256))
    return whole[:at] if byte == 256 else whole[:at] + bytes([byte]) + whole[at + 1 :]
