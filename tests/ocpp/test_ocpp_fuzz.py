"""Whatever comes in, no frame breaks the line and every well-formed call is answered once, in order."""

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.kit.clock import ManualClock
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.v16.types import ACTIONS
from ohmstead.ocpp.v16.version import ANSWERS, COMMANDS, OCPP_1_6
from ohmstead.ocpp.versions import Version
from ohmstead.ocpp.wire import DIALECT_2_1
from tests.ocpp.conftest import NOW
from tests.ocpp.memory_socket import MemorySocket
from tests.ocpp.recording_rooms import RecordingRooms
from tests.ocpp.schemas import example

OCPP_NEXT = Version(DIALECT_2_1, ACTIONS, ANSWERS, COMMANDS)

texts = st.text(max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.just("2026-03-01T12:00:00")
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(texts, scalars, max_size=3)
sampled = st.fixed_dictionaries({"value": values}, optional={"unit": values, "measurand": values, "format": values})
reading = st.fixed_dictionaries({"timestamp": scalars, "sampledValue": st.lists(sampled, max_size=2)})
nearly = values | st.lists(reading, max_size=2)


@st.composite
def calls(draw: st.DrawFn) -> list:
    """A call of a known action with some properties spoiled, or of any other action with anything in it."""
    action = draw(st.sampled_from([*sorted(ANSWERS), "Reset", ""]))
    payload = draw(values)
    if action in ANSWERS:
        whole = example(action, draw(st.booleans()))
        payload = whole | draw(st.dictionaries(st.sampled_from([*whole, "transactionData", "x"]), nearly, max_size=3))
    return [2, str(draw(st.uuids())), action or draw(texts), payload]


frames = calls() | st.lists(values, max_size=5) | st.tuples(st.integers(0, 9), texts, values, values).map(list)
nonsense = st.binary(max_size=60) | texts.map(str.encode)


def written(frame: Any) -> bytes:
    return frame if isinstance(frame, bytes) else json.dumps(frame).encode()


def cut(frame: bytes, at: int) -> bytes:
    return frame[: at % (len(frame) + 1)]


def answers(script: list[bytes], version: Version) -> list[list]:
    async def lived() -> list[bytes]:
        socket = MemorySocket(script)
        rooms = RecordingRooms(asyncio.Event())
        connection = Connection(1, version, socket, rooms, ManualClock(NOW), lambda *frame: None)
        await connection.run()
        await connection.finish()
        return socket.said

    return [json.loads(frame) for frame in asyncio.run(lived())]


@settings(max_examples=300, deadline=None)
@given(st.lists(calls(), min_size=1, max_size=6))
def test_every_well_formed_call_is_answered_in_order(script: list[list]):
    heard = answers([written(frame) for frame in script], OCPP_1_6)
    assert [frame[1] for frame in heard] == [frame[1] for frame in script]
    assert all(frame[0] == 3 or frame[2] != "InternalError" for frame in heard)


@settings(max_examples=300, deadline=None)
@given(st.lists(frames | nonsense | st.builds(cut, calls().map(written), st.integers(0)), max_size=6))
def test_nothing_that_comes_in_breaks_the_line(script: list):
    last = [2, "the last one", "Heartbeat", {}]
    for version in (OCPP_1_6, OCPP_NEXT):
        heard = answers([*map(written, script), written(last)], version)
        assert heard[-1][:2] == [3, "the last one"]
        assert all(frame[0] == 3 or frame[2] != "InternalError" for frame in heard)
