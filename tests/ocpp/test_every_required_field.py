"""Every required field of every message that stations send, in both versions: absent, null, empty or senseless. Each is
answered with a result; an error only where nothing at all could be meant."""

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from ohmstead.kit.clock import ManualClock
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.v16.version import OCPP_1_6
from ohmstead.ocpp.v201.version import OCPP_2_0_1
from tests.ocpp.conftest import NOW
from tests.ocpp.recording_rooms import RecordingRooms
from tests.ocpp.spoiled import ABSENT, TAKEN, Asking, named, payload, places, spoiled

VERSIONS = {"v16": OCPP_1_6, "v201": OCPP_2_0_1}
REFUSED = {
    "v16": {
        "DiagnosticsStatusNotification": {"status"},
        "FirmwareStatusNotification": {"status"},
        "LogStatusNotification": {"status"},
        "SignedFirmwareStatusNotification": {"status"},
        "StatusNotification": {"status"},
    },
    "v201": {
        "FirmwareStatusNotification": {"status"},
        "LogStatusNotification": {"status"},
        "NotifyEVChargingSchedule": {
            "chargingSchedule", "chargingSchedule.chargingRateUnit", "chargingSchedule.chargingSchedulePeriod",
        },
        "PublishFirmwareStatusNotification": {"status"},
        "ReservationStatusUpdate": {"reservationId"},
        "StatusNotification": {"connectorStatus"},
        "TransactionEvent": {"transactionInfo", "transactionInfo.transactionId"},
    },
}  # fmt: skip
"""What has no meaning at all where it is not told, by message and field."""
SPOILS = {"absent": ABSENT, "null": None, "empty": "", "an object": {}, "a list": [[]], "a truth value": True}
FITTING = ("empty", "a list", "a truth value")  # of a text, a list, a boolean
CODES = {"ProtocolError", "TypeConstraintViolation", "FormatViolation", "FormationViolation"}
ACTIONS = [(version, action) for version in TAKEN for action in TAKEN[version]]


async def answered(version: str, action: str, payloads: list[Any]) -> tuple[list[list[Any]], list[tuple[str, ...]]]:
    """The answers to calls of an action, and what was found odd about each of them."""
    rooms, odd = RecordingRooms(asyncio.Event()), []

    def log(charge_point_id: int, at: Any, direction: str, *rest: Any) -> None:
        if direction == "in":
            odd.append(rest[4])

    calls = [json.dumps([2, str(number), action, one]).encode() for number, one in enumerate(payloads)]
    socket = Asking(calls)
    line = Connection(1, VERSIONS[version], socket, rooms, ManualClock(NOW), log)
    await line.run()
    await socket.answered()
    await line.finish()
    answers = {frame[1]: frame for frame in map(json.loads, socket.said)}
    return [answers[str(number)] for number in range(len(payloads))], odd


@pytest.mark.parametrize(("version", "action"), ACTIONS)
async def test_what_is_not_told_has_its_obvious_meaning(version: str, action: str) -> None:
    whole = payload(version, action)
    cases = [(place, how) for place, _ in places(version, action, required=True) for how in SPOILS]
    with capture_logs() as logged:
        answers, odd = await answered(version, action, [spoiled(whole, at, SPOILS[how]) for at, how in cases])
    assert [one for one in logged if one["log_level"] == "error"] == []
    refused = set()
    for (place, how), answer, deviations in zip(cases, answers, odd, strict=True):
        told = f"{action}.{named(place)} {how}: {answer}"
        if answer[0] == 4:
            assert answer[2] in CODES, told
            refused.add(named(place))
        assert deviations or how in FITTING, told
    assert refused == REFUSED[version].get(action, set())


@pytest.mark.parametrize(("version", "action"), ACTIONS)
async def test_a_payload_of_nothing_is_answered(version: str, action: str) -> None:
    """All at once, too."""
    answers, _ = await answered(version, action, [{}, None])
    wanted = 4 if REFUSED[version].get(action) else 3
    assert [answer[0] for answer in answers] == [wanted, wanted]
