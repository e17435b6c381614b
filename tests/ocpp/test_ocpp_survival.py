"""Whatever fails, wherever it fails, a line goes on answering: every stage of a call is made to fail once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from ohmstead.kit.clock import ManualClock
from ohmstead.ocpp import connection as actor
from ohmstead.ocpp import wire
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.drift import Drift
from ohmstead.ocpp.line import Line
from ohmstead.ocpp.registry import Registry
from ohmstead.ocpp.silence_monitor import sweep
from ohmstead.ocpp.v16.version import OCPP_1_6
from ohmstead.ocpp.versions import Payload
from ohmstead.rooms.devices.stations import Reset, StationRefused
from tests.ocpp.conftest import NOW, House
from tests.ocpp.memory_socket import MemorySocket
from tests.ocpp.recording_rooms import RecordingRooms

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
AVAILABLE = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
FAILURES = [RuntimeError("odd"), KeyError("odd"), OverflowError("odd"), RecursionError("odd"), asyncio.CancelledError()]


def failing_once(original: Callable[..., Any], error: BaseException, fails: Callable[..., bool]) -> Callable[..., Any]:
    """The original, but for the first time that it is called so."""
    failed = []

    def call(*arguments: Any) -> Any:
        if not failed and fails(*arguments):
            failed.append(True)
            raise error
        return original(*arguments)

    return call


def is_result(*arguments: Any) -> bool:
    return any(isinstance(one, wire.CallResult) for one in arguments)


def always(*arguments: Any) -> bool:
    return True


STAGES = {
    "watching the clock": (Drift, "watch", always, 3),
    "reading the payload": (OCPP_1_6.request("StatusNotification"), "read", always, 4),
    "writing the payload": (Payload, "write", always, 4),
    "writing the answer": (Line, "reply", is_result, 4),
    "encoding the answer": (wire, "encode", is_result, 4),
}


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("stage", STAGES)
async def test_a_stage_that_fails_costs_its_own_call(
    house: House, monkeypatch: pytest.MonkeyPatch, stage: str, error: BaseException
) -> None:
    place, name, fails, answer = STAGES[stage]
    station, other = await house.station("/CP1"), await house.station("/CP2")
    if isinstance(error, asyncio.CancelledError) and stage != "writing the payload":
        error = ValueError("only what waits can be cancelled")
    monkeypatch.setattr(place, name, failing_once(getattr(place, name), error, fails))
    with capture_logs() as logged:
        told = await station.call("StatusNotification", AVAILABLE)
    assert told[0] == answer
    assert answer == 3 or told[2] == "InternalError"
    assert [one["exc_info"] for one in logged if one["log_level"] == "error"] == [error]
    for line in (station, other):
        assert (await line.call("Heartbeat", {}))[0] == 3


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    ("method", "action", "payload"),
    [
        ("status_changed", "StatusNotification", AVAILABLE),
        ("booted", "BootNotification", BOOT),
        ("heard", "Heartbeat", {}),
        ("authorize", "Authorize", {"idTag": "TAG"}),
    ],
)
async def test_a_room_that_fails_costs_its_own_call(
    house: House, monkeypatch: pytest.MonkeyPatch, method: str, action: str, payload: Any, error: BaseException
) -> None:
    """Also one that was waiting for what somebody cancelled: that is no end of ours."""
    station = await house.station()
    monkeypatch.setattr(house.rooms, method, failing_once(getattr(house.rooms, method), error, always))
    assert (await station.call(action, payload))[2] == "InternalError"
    assert (await station.call(action, payload))[0] == 3


async def test_what_follows_an_answer_may_fail(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    station = await house.station()
    (line,) = house.registry
    monkeypatch.setattr(line._inbox, "_booted", failing_once(lambda: None, RuntimeError("odd"), always))
    assert (await station.call("BootNotification", BOOT))[0] == 3
    assert (await station.call("BootNotification", BOOT))[0] == 3


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
async def test_an_answer_beside_the_others_may_fail(
    house: House, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    station = await house.later_station()
    asked = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1",
             "responderURL": "http://localhost"}  # fmt: skip
    fails = failing_once(house.rooms.certificate_status, error, always)
    monkeypatch.setattr(house.rooms, "certificate_status", fails)
    assert (await station.call("GetCertificateStatus", {"ocspRequestData": asked}))[2] == "InternalError"
    assert (await station.call("GetCertificateStatus", {"ocspRequestData": asked}))[0] == 3


async def test_a_frame_that_cannot_even_be_taken_ends_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    station = await house.station()
    parse = failing_once(actor.wire.parse, RuntimeError("odd"), always)
    monkeypatch.setattr(actor.wire, "parse", parse)
    await station.say([2, "x", "Heartbeat", {}])
    assert (await station.call("Heartbeat", {}))[:2] == [3, "s1"]


async def test_an_answer_of_the_station_that_cannot_be_read_leaves_nobody_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = await house.station()
    asked = asyncio.ensure_future(house.gateway.call(1, Reset(kind="soft")))
    frame = await station.hear()
    payload = OCPP_1_6.response("Reset")
    monkeypatch.setattr(payload, "read", failing_once(payload.read, RuntimeError("odd"), always))
    await station.say([3, frame[1], {"status": "Accepted"}])
    with pytest.raises(StationRefused, match="odd"):
        await asked
    assert (await station.call("Heartbeat", {}))[0] == 3


ZONES = ["0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00Z"]
METER_16 = [{"timestamp": "{}", "sampledValue": [{"value": "1"}]}]
METER_201 = [{"timestamp": "{}", "sampledValue": [{"value": 1}]}]
TIMED = {
    "1.6": [
        ("StatusNotification", AVAILABLE | {"timestamp": "{}"}),
        ("StartTransaction", {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "{}"}),
        ("MeterValues", {"connectorId": 1, "meterValue": METER_16}),
        ("StopTransaction", {"transactionId": 1, "meterStop": 0, "timestamp": "{}", "transactionData": METER_16}),
        ("SecurityEventNotification", {"type": "X", "timestamp": "{}"}),
    ],
    "2.0.1": [
        ("StatusNotification", {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": "{}"}),
        ("TransactionEvent", {"eventType": "Started", "triggerReason": "Authorized", "timestamp": "{}", "seqNo": 0,
                              "transactionInfo": {"transactionId": "tx"}, "evse": {"id": 1}, "meterValue": METER_201,
                              "idToken": {"idToken": "TAG", "type": "ISO14443"}}),
        ("MeterValues", {"evseId": 1, "meterValue": METER_201}),
        ("SecurityEventNotification", {"type": "X", "timestamp": "{}"}),
        ("NotifyEvent", {"generatedAt": "{}", "seqNo": 0, "eventData": []}),
        ("NotifyReport", {"generatedAt": "{}", "seqNo": 0, "requestId": 1}),
    ],
}  # fmt: skip


def at(payload: Any, moment: str) -> Any:
    if isinstance(payload, dict):
        return {name: at(value, moment) for name, value in payload.items()}
    if isinstance(payload, list):
        return [at(value, moment) for value in payload]
    return moment if payload == "{}" else payload


@pytest.mark.parametrize("moment", ZONES)
@pytest.mark.parametrize("version", TIMED)
async def test_a_moment_beyond_the_calendar_is_a_moment(house: House, version: str, moment: str) -> None:
    """.NET's unset clock east of Greenwich. Each on a line of its own, whose clock was not looked at yet."""
    for action, payload in TIMED[version]:
        station = await (house.station() if version == "1.6" else house.later_station())
        assert (await station.call(action, at(payload, moment)))[0] == 3, action
        assert (await station.call("Heartbeat", {}))[0] == 3


async def test_a_line_that_cannot_be_closed_keeps_the_others_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, rooms = ManualClock(NOW), RecordingRooms(asyncio.Event())
    registry = Registry(rooms, clock)
    closed: list[int] = []
    for number in (1, 2):
        line = Connection(number, OCPP_1_6, MemorySocket([]), rooms, clock, lambda *_: None)

        async def close(code: int, reason: str, number: int = number) -> None:
            closed.append(number)
            raise RuntimeError("odd")

        monkeypatch.setattr(line, "is_silent", lambda: True)
        monkeypatch.setattr(line, "close", close)
        await registry.enter(line, "", None)  # pyright: ignore[reportArgumentType]
    sweeping = asyncio.create_task(sweep(registry, clock, 30))
    async with asyncio.timeout(5):
        while len(closed) < 4:
            await clock.advance(30)
            await asyncio.sleep(0)
    sweeping.cancel()
    assert closed[:4] == [1, 2, 1, 2]
