"""A station's clock that is wrong: it is learned from what the station says is now, and what it tells is set right."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ohmstead.ocpp.drift import Drift
from ohmstead.ocpp.v16.types import HeartbeatRequest, StatusNotificationRequest
from ohmstead.ocpp.v201.types import NotifyEventRequest, TransactionEventRequest, TransactionType
from ohmstead.rooms.charging.facts import ChargeStarted, ChargeStopped, Metered
from ohmstead.rooms.devices.facts import ClockTold, EventsTold, StatusChanged
from tests.ocpp.conftest import NOW, House
from tests.ocpp.scripted_station import ScriptedStation

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def status(said: datetime) -> StatusNotificationRequest:
    return StatusNotificationRequest(connector_id=1, error_code="NoError", status="Available", timestamp=said)


def heard(drift: Drift, *late: float, ahead: timedelta = HOUR, since: datetime = NOW) -> list[float | None]:
    """What is to be told after messages that come a minute apart, each so many s late."""
    told = [
        drift.watch(status(since + number * MINUTE + ahead - timedelta(seconds=delay)), since + number * MINUTE)
        for number, delay in enumerate(late)
    ]
    return [None if one is None else one.total_seconds() for one in told]


@pytest.mark.parametrize("ahead", [HOUR, -HOUR, timedelta(days=-3_000), timedelta(seconds=61)])
def test_the_least_late_message_tells_the_clock(ahead: timedelta) -> None:
    drift = Drift()
    seconds = ahead.total_seconds()
    assert heard(drift, 5, 3600, 2, ahead=ahead) == [None, None, seconds - 2]
    assert drift.beyond == (ahead - timedelta(seconds=2) if abs(seconds - 2) > 60 else None)


def test_a_clock_that_is_right_by_a_late_line_is_not_wrong() -> None:
    drift = Drift()
    assert heard(drift, 90, 4, 7200, 7000, 6000, ahead=timedelta()) == [None, None, -4, None, None]
    assert drift.beyond is None


def test_it_is_told_each_hour_and_when_it_becomes_wrong_or_right() -> None:
    drift = Drift()
    told = heard(drift, *[0] * 70, ahead=timedelta())
    assert [number for number, one in enumerate(told) if one is not None] == [2, 62]
    told = heard(drift, *[0] * 3, ahead=2 * MINUTE, since=NOW + 2 * HOUR)
    assert told[0] == 120
    assert drift.beyond == 2 * MINUTE
    told = heard(drift, *[0] * 6, ahead=timedelta(), since=NOW + 2.1 * HOUR)
    assert told == [None, None, None, None, 0, None], "until what was said before is forgotten"
    assert drift.beyond is None


def test_most_messages_are_not_looked_at() -> None:
    drift = Drift()
    assert drift.watch(status(NOW + timedelta()), NOW) is None
    for second in range(1, 60):
        at = NOW + timedelta(seconds=second)
        assert drift.watch(status(at + HOUR), at) is None
    assert heard(drift, 0, 0, ahead=timedelta(), since=NOW + MINUTE) == [None, 0]


@pytest.mark.parametrize("year", [1, 1970, 2000, 2015, 2037, 9999])
def test_a_moment_that_no_clock_shows_tells_of_none(year: int) -> None:
    drift = Drift()
    for minute in range(10):
        assert drift.watch(status(datetime(year, 1, 1, tzinfo=UTC)), NOW + minute * MINUTE) is None
    assert drift.beyond is None
    assert heard(drift, 0, 0, 0, since=NOW + 10 * MINUTE)[2] == 3600, "what it shows at other times does"


def test_the_time_of_receipt_tells_of_no_clock() -> None:
    """It stands for what the station did not say."""
    drift = Drift()
    for minute in range(10):
        at = NOW + minute * MINUTE
        assert drift.watch(status(at), at) is None
    assert heard(drift, 0, 0, 0, since=NOW + 10 * MINUTE)[2] == 3600


def test_what_says_nothing_of_now_is_passed_over() -> None:
    drift = Drift()
    offline = TransactionEventRequest(
        event_type="Updated", timestamp=NOW - HOUR, trigger_reason="Trigger", seq_no=0, offline=True,
        transaction_info=TransactionType(transaction_id="tx"),
    )  # fmt: skip
    for minute in range(10):
        for request in (offline, HeartbeatRequest()):
            assert drift.watch(request, NOW + minute * MINUTE) is None
    report = NotifyEventRequest(generated_at=NOW + HOUR, seq_no=0, event_data=[])
    assert [drift.watch(report, NOW) for _ in range(2)] == [None, None]
    assert heard(drift, 0, 0, since=NOW + MINUTE) == [None, 3600]


class Wrong:
    """A station whose clock is `ahead`; its statuses have told so."""

    def __init__(self, house: House, station: ScriptedStation, ahead: timedelta) -> None:
        self.house, self.station, self.ahead = house, station, ahead

    def said(self, late: timedelta = timedelta()) -> str:
        return (self.house.clock.now() + self.ahead - late).isoformat()

    async def learns(self, later: bool = False) -> None:
        for _ in range(3):
            await self.house.clock.advance(60)
            told: dict[str, Any] = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
            if later:
                told = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available"}
            await self.station.ask("StatusNotification", told | {"timestamp": self.said()})
        fact = ClockTold(charge_point_id=1, drift_s=self.ahead.total_seconds(), received_at=self.house.clock.now())
        await self.house.until(lambda: self.house.rooms.only(ClockTold) == [fact])


@pytest.mark.parametrize("ahead", [2 * HOUR, -5 * HOUR])
async def test_what_a_station_of_1_6_tells_now_is_corrected(house: House, ahead: timedelta) -> None:
    wrong = Wrong(house, await house.station(), ahead)
    await wrong.learns()
    now = house.clock.now()
    second = timedelta(seconds=1)
    assert house.rooms.only(StatusChanged)[0].at == NOW + MINUTE + ahead, "not known then"
    said = wrong.said(second)
    start = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": said}
    number = (await wrong.station.ask("StartTransaction", start))["transactionId"]
    readings = [{"timestamp": said, "sampledValue": [{"value": "7"}]}]
    await wrong.station.ask("MeterValues", {"connectorId": 1, "meterValue": readings})
    await wrong.station.ask("StopTransaction", {"transactionId": number, "meterStop": 9, "timestamp": wrong.said(HOUR)})
    [start_fact] = house.rooms.only(ChargeStarted)
    assert (start_fact.at, start_fact.received_at) == (now - second, now)
    assert datetime.fromisoformat(said).isoformat() in start_fact.ref, "told again it has to be the same"
    assert house.rooms.only(Metered)[0].readings[0].at == now - second
    assert house.rooms.only(ChargeStopped)[0].at == now + ahead - HOUR, "of the past nobody knows by which clock"


async def test_what_a_station_of_2_0_1_tells_now_is_corrected(house: House) -> None:
    wrong = Wrong(house, await house.later_station(), -5 * HOUR)
    await wrong.learns(later=True)
    now = house.clock.now()
    event = {
        "eventType": "Started", "triggerReason": "Authorized", "timestamp": wrong.said(), "seqNo": 0,
        "transactionInfo": {"transactionId": "tx", "chargingState": "Charging"}, "evse": {"id": 1},
        "idToken": {"idToken": "TAG", "type": "ISO14443"},
        "meterValue": [{"timestamp": wrong.said(), "sampledValue": [{"value": 5}]}],
    }  # fmt: skip
    await wrong.station.ask("TransactionEvent", event)
    assert house.rooms.only(ChargeStarted)[0].at == now
    assert house.rooms.only(Metered)[0].readings[0].at == now
    assert house.rooms.only(StatusChanged)[-1].at == now
    one = {
        "eventId": 1, "timestamp": wrong.said(), "trigger": "Alerting", "actualValue": "true",
        "eventNotificationType": "HardWiredNotification", "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "Problem"},
    }  # fmt: skip
    await wrong.station.ask("NotifyEvent", {"generatedAt": wrong.said(), "seqNo": 0, "eventData": [one]})
    [told] = house.rooms.only(EventsTold)[0].events
    assert (told.at, told.said_at) == (now, now - 5 * HOUR)


async def test_a_clock_that_cannot_be_told_is_told_again(house: House) -> None:
    wrong = Wrong(house, await house.station(), HOUR)
    house.rooms.broken = "clock_told"
    for _ in range(3):
        await house.clock.advance(60)
        await wrong.station.ask(
            "StatusNotification",
            {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": wrong.said()},
        )
    house.rooms.broken = ""
    assert "currentTime" in await wrong.station.ask("Heartbeat", {})
    await house.clock.advance(3600)
    await wrong.station.ask(
        "StatusNotification",
        {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": wrong.said()},
    )
    await house.until(lambda: house.rooms.only(ClockTold))
