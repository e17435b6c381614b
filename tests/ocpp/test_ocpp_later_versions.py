"""The connection core as OCPP 2.x will use it: unreadable frames are answered, messages may want no answer."""

import asyncio
import json
from collections.abc import Callable

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.v16.types import ACTIONS, ResetRequest
from ohmstead.ocpp.v16.version import ANSWERS, COMMANDS
from ohmstead.ocpp.versions import Version
from ohmstead.ocpp.wire import DIALECT_2_0_1, DIALECT_2_1, Dialect
from ohmstead.rooms.devices.stations import StationRefused
from tests.ocpp.conftest import NOW
from tests.ocpp.memory_socket import MemorySocket
from tests.ocpp.recording_rooms import RecordingRooms


class DeferredAnswer:
    """A connection that speaks a later dialect with the messages at hand."""

    def __init__(self, dialect: Dialect, script: list) -> None:
        self.rooms = RecordingRooms(asyncio.Event())
        self.socket = MemorySocket([json.dumps(frame).encode() for frame in script])
        version = Version(dialect, ACTIONS, ANSWERS, COMMANDS)
        self.connection = Connection(1, version, self.socket, self.rooms, ManualClock(NOW), lambda *frame: None)

    async def live(self) -> list:
        await self.connection.run()
        await self.connection.finish()
        return [json.loads(frame) for frame in self.socket.said]


@pytest.mark.parametrize("dialect", [DIALECT_2_0_1, DIALECT_2_1])
async def test_what_cannot_be_read_is_answered(dialect: Dialect):
    said = await DeferredAnswer(dialect, [{}, [9, "a", "X"], [2, "b", "Heartbeat", 5], [2, "c", "Coffee", {}]]).live()
    assert [frame[:3] for frame in said] == [
        [4, "-1", "RpcFrameworkError"],
        [4, "a", "MessageTypeNotSupported"],
        [4, "b", "FormatViolation"],
        [4, "c", "NotImplemented"],
    ]


async def test_a_send_is_taken_without_an_answer():
    later = DeferredAnswer(
        DIALECT_2_1, [[6, "a", "Heartbeat", {}], [6, "b", "Heartbeat", 5], [5, "c", "FormatViolation", "x", {}]]
    )
    assert await later.live() == []
    assert later.rooms.heartbeats == [1]


class Echo(MemorySocket):
    """A station that answers every call with a result that makes no sense."""

    def __init__(self) -> None:
        super().__init__([])
        self._asked: asyncio.Queue[str] = asyncio.Queue()

    def write(self, frame: bytes) -> bool:
        kind, message_id, *_ = json.loads(frame)
        if kind == 2:
            self._asked.put_nowait(message_id)
        return super().write(frame)

    async def listen(self, take: Callable[[bytes], None]) -> str:
        while True:
            take(json.dumps([3, await self._asked.get(), {"status": []}]).encode())


async def test_a_result_that_makes_no_sense_is_answered_with_a_result_error():
    later = DeferredAnswer(DIALECT_2_1, [])
    socket = Echo()
    connection = Connection(1, later.connection.version, socket, later.rooms, ManualClock(NOW), lambda *frame: None)
    living = asyncio.create_task(connection.run())
    with pytest.raises(StationRefused, match="makes no sense"):
        await connection.call("Reset", ResetRequest(type="Hard"))
    living.cancel()
    await connection.finish()
    await later.live()
    kind, _, code, *_ = json.loads(socket.said[-1])
    assert (kind, code) == (5, "TypeConstraintViolation")
