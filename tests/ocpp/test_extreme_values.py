"""Every field of every message that stations send, with values that no column holds, against the real rooms and their
database: nothing fails, nothing is logged as an error, and what is refused is refused with its own code."""

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from ohmstead.app.admitted import StationDefaults
from ohmstead.app.fact_intake import FactIntake
from ohmstead.app.system import System
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.v16.version import OCPP_1_6
from ohmstead.ocpp.v201.version import OCPP_2_0_1
from ohmstead.rooms.operator.outbound import NoAnswer, Outbound
from tests.given import Given
from tests.ocpp.spoiled import ABSENT, TAKEN, Asking, named, payload, places, spoiled

VERSIONS = {"v16": OCPP_1_6, "v201": OCPP_2_0_1}
LONG = random.Random(7).randbytes(5_500).hex()  # 11 kB that cannot be compressed: no index takes it
EXTREMES: dict[str, tuple[Any, ...]] = {
    "integer": (2**31 - 1, -(2**31), 2**31, 2**63, -(2**70), 10**400, "1e999", "12,5"),
    "number": (1e308, -1e308, 2**70, 10**400, "12,5", "NaN"),
    "string": (LONG, "\u00e4" * 5_000, "\0", "a\0b", "\x01\x1f", "\ud800", "", "%_\\'\"--"),
    "word": (LONG, "\0", "\ud800", "%_\\'\"--"),
    "moment": (
        "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        "1970-01-01T00:00:00Z", 10**30, -(10**12), "1969-12-31T23:59:59.999999999Z",
    ),
    "boolean": ("yes",),
    "array": ([], [None] * 3),
    "object": ({},),
}  # fmt: skip
USUAL = StationDefaults(heartbeat_interval_s=300, call_timeout_s=30, boot_timeout_s=60)
CODES = {"ProtocolError", "PropertyConstraintViolation", "TypeConstraintViolation", "FormatViolation"}


class NoWorld(Outbound):
    """Nobody is there."""

    async def post(self, *_: Any) -> bytes:
        raise NoAnswer("nobody is there")


def kind(shape: dict[str, Any]) -> str:
    if "enum" in shape:
        return "word"
    return "moment" if shape.get("format") == "date-time" else shape.get("type", "string")


def calls(version: str, action: str) -> Iterator[tuple[str, Any]]:
    whole = payload(version, action)
    for place, shape in places(version, action, required=False):
        for number, value in enumerate((*EXTREMES[kind(shape)], ABSENT, None)):
            yield f"{action}.{named(place)} #{number}", spoiled(whole, place, value)


async def told(rooms: FactIntake, system: System, station: int, version: str, action: str) -> list[Any]:
    """The answers to all of these."""
    frames = [json.dumps([2, name, action, value]).encode() for name, value in calls(version, action)]
    socket = Asking(frames)
    line = Connection(station, VERSIONS[version], socket, rooms, system.clock, lambda *_: None)
    await line.run()
    await socket.answered()
    await line.finish()
    return [json.loads(frame) for frame in socket.said]


@pytest.mark.parametrize("version", ["v16", "v201"])
async def test_no_value_is_too_odd(system: System, given: Given, version: str) -> None:
    rooms = FactIntake(system.database, system.clock, USUAL, outbound=NoWorld(()))
    points = [await given.charge_point() for _ in TAKEN[version]]
    with capture_logs() as logged:
        answers = await asyncio.gather(
            *(
                told(rooms, system, point["id"], version, action)
                for point, action in zip(points, TAKEN[version], strict=True)
            )
        )
    failed = {one["message_id"]: str(one["exc_info"])[:150] for one in logged if one["log_level"] == "error"}
    assert failed == {}
    refused = {frame[2] for frames in answers for frame in frames if frame[0] == 4}
    assert refused <= CODES
    odd = [one for one in logged if one["log_level"] == "warning" and one["event"] != "call refused"]
    assert {one["event"] for one in odd} <= {"EVSE number out of reason", "certificate request refused"}
