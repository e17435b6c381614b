"""Ten thousand odd frames of two stations at a time: no crash, each well-formed call answered once and in order, and
neither station told of the other's."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ohmstead.kit.clock import ManualClock
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.v16.types import ACTIONS
from ohmstead.ocpp.v16.version import ANSWERS, COMMANDS, OCPP_1_6
from ohmstead.ocpp.v201.version import OCPP_2_0_1
from ohmstead.ocpp.versions import Version
from ohmstead.ocpp.wire import DIALECT_2_1
from tests.ocpp.conftest import NOW
from tests.ocpp.frames import broken, calls, written
from tests.ocpp.memory_socket import MemorySocket
from tests.ocpp.recording_rooms import RecordingRooms

OCPP_NEXT = Version(DIALECT_2_1, ACTIONS, ANSWERS, COMMANDS)
SPOKEN = [("v16", OCPP_1_6, 80), ("v201", OCPP_2_0_1, 80), ("v16", OCPP_NEXT, 40)]  # and how many examples of each
FRAMES = 25  # of each of the two stations in an example: 2 * 25 * (80 + 80 + 40) are 10,000
LATER = {"Authorize", "GetCertificateStatus"}  # for which somebody else may be asked: in no order, until the line ends
MARKS = ("q", "z")  # a station's own texts are made of its mark: no word of OCPP has it twice in a row


class Turns(MemorySocket):
    """Lets the other station speak between two frames."""

    async def listen(self, take: Callable[[bytes], None]) -> str:
        while self._script:
            take(self._script.pop())
            await asyncio.sleep(0)
            await self._flowing.wait()
        return "the script is over"


@dataclass
class Talk:
    """What a station says in an example, which of it are well-formed calls (`later` those that may be answered out of
    turn), and what is logged of its line."""

    script: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    later: set[str] = field(default_factory=set)
    logged: list[tuple[str, bytes]] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)

    def log(self, charge_point_id: int, at: Any, direction: str, raw: bytes, *rest: Any) -> None:
        self.logged.append((direction, raw))


def talk(frames: list[Any], mark: str, version: str) -> Talk:
    """Frames as a station sends them, the calls numbered, and a heartbeat at last."""
    told = Talk()
    for number, frame in enumerate([*frames, [2, "", "Heartbeat", {}]]):
        if isinstance(frame, list):
            frame[1] = f"{mark}{mark}-{number}"
            told.asked.append(frame[1])
            if frame[2] in LATER and version == "v201":
                told.later.add(frame[1])
        told.script.append(frame if isinstance(frame, bytes) else written(frame))
    return told


async def lived(talks: list[Talk], version: Version) -> RecordingRooms:
    """Both stations at once, in one house; what the house was told."""
    rooms, sockets = RecordingRooms(asyncio.Event()), [Turns(list(one.script)) for one in talks]
    lines = [
        Connection(number, version, socket, rooms, ManualClock(NOW), one.log)
        for number, (socket, one) in enumerate(zip(sockets, talks, strict=True), 1)
    ]
    await asyncio.gather(*(line.run() for line in lines))
    await asyncio.gather(*(line.finish() for line in lines))
    for one, socket in zip(talks, sockets, strict=True):
        one.heard = socket.said
    return rooms


def frames_of(version: str, mark: str) -> st.SearchStrategy[list[Any]]:
    """More calls than anything else."""
    return st.lists(
        st.one_of(calls(version, mark), calls(version, mark), broken(version, mark)),
        min_size=FRAMES - 1, max_size=FRAMES - 1,
    )  # fmt: skip


@pytest.mark.parametrize(("words", "version", "examples"), SPOKEN, ids=["1.6", "2.0.1", "2.1"])
def test_ten_thousand_frames(words: str, version: Version, examples: int) -> None:
    cases = 0

    @settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(*(frames_of(words, mark) for mark in MARKS))
    def fuzz(one: list[Any], other: list[Any]) -> None:
        nonlocal cases
        talks = [talk(frames, mark, words) for frames, mark in zip((one, other), MARKS, strict=True)]
        with capture_logs() as logged:
            rooms = asyncio.run(lived(talks, version))
        assert [one for one in logged if one["log_level"] in ("error", "critical")] == []
        for told in talks:
            each_call_is_answered_once_in_order(told)
        nothing_leaks(talks, rooms)
        cases += sum(len(told.script) for told in talks)

    fuzz()
    assert cases >= examples * 2 * FRAMES


def each_call_is_answered_once_in_order(told: Talk) -> None:
    answers = [json.loads(frame) for frame in told.heard]
    answered = [frame[1] for frame in answers if frame[1] in set(told.asked)]
    assert [key for key in answered if key not in told.later] == [key for key in told.asked if key not in told.later]
    assert len(answered) == len(set(answered))
    assert all(frame[0] == 3 or frame[2] != "InternalError" for frame in answers)
    assert [frame[0] for frame in answers if frame[1] == told.asked[-1]] == [3]


def nothing_leaks(talks: list[Talk], rooms: RecordingRooms) -> None:
    """Each heard, was logged and was reported with its own alone."""
    for number, (told, foreign) in enumerate(zip(talks, reversed(MARKS), strict=True), 1):
        assert [raw for direction, raw in told.logged if direction == "in"] == told.script
        assert [raw for direction, raw in told.logged if direction == "out"] == told.heard
        reported = [fact for fact in rooms.facts if fact.charge_point_id == number]
        assert foreign * 2 not in f"{told.heard}{reported}"
    assert rooms.heartbeats.count(1) >= 1 <= rooms.heartbeats.count(2)
