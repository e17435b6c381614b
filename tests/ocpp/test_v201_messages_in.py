"""Each message of a 2.0.1 station becomes the facts of any version, and gets an answer that fits the standard."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from ohmstead.ocpp.v201.version import ANSWERS
from ohmstead.rooms.charging.facts import (
    ChargeStarted,
    ChargeStopped,
    Metered,
    ProfilesTold,
    ReservationEnded,
    SignedReading,
    TagPresented,
    TagVerdict,
)
from ohmstead.rooms.charging.readings import Reading, Sample, readings
from ohmstead.rooms.devices.facts import (
    Booted,
    CertificateWanted,
    DataReceived,
    EventsTold,
    LimitCleared,
    LimitTold,
    MonitorsTold,
    SecurityEvent,
    SettingsTold,
    StationEvent,
    StationMonitor,
    StatusChanged,
)
from ohmstead.rooms.devices.stations import ChargingProfile, SchedulePeriod, Setting
from tests.ocpp.conftest import NOW, House
from tests.ocpp.schemas import check, example

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
REGISTER = "Energy.Active.Import.Register"
TOKEN = {"idToken": "TAG", "type": "ISO14443"}


def stamp(minute: int) -> str:
    return (NOON + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


def reading(wh: float, minute: int, **sampled: Any) -> dict[str, Any]:
    return {"timestamp": stamp(minute), "sampledValue": [{"value": wh, **sampled}]}


def event(kind: str, trigger: str, minute: int, told: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    return {
        "eventType": kind, "triggerReason": trigger, "timestamp": stamp(minute), "seqNo": 0,
        "transactionInfo": {"transactionId": "tx-1"} | (told or {}),
    } | rest  # fmt: skip


@pytest.mark.parametrize("action", sorted(ANSWERS))
@pytest.mark.parametrize("full", [True, False])
async def test_every_notice_gets_an_answer_that_fits(house: House, action: str, full: bool):
    station = await house.later_station()
    answer = await station.ask(action, example(f"{action}Request", full, "v201"))
    check(f"{action}Response", answer, "v201")
    assert house.deviations() == []


def test_nothing_that_a_station_may_say_is_left_out():
    """The rest of the 64 actions are ours to send."""
    said = {"Authorize", "BootNotification", "Heartbeat", "StatusNotification", "TransactionEvent", "MeterValues"}
    assert said <= set(ANSWERS)
    assert len(ANSWERS) == 25


async def test_a_boot(house: House):
    station = await house.later_station()
    what = {"vendorName": "V", "model": "M", "serialNumber": "S1", "modem": {"iccid": "", "imsi": "I"}}
    answer = await station.ask("BootNotification", {"reason": "PowerUp", "chargingStation": what})
    assert answer == {"status": "Accepted", "interval": 300, "currentTime": "2026-03-01T12:00:00Z"}
    assert house.rooms.only(Booted) == [
        Booted(
            charge_point_id=1, vendor="V", model="M", serial_number="S1", imsi="I", reason="PowerUp", received_at=NOW
        )
    ]


@pytest.mark.parametrize(
    ("word", "status"),
    [("Available", "available"), ("Occupied", "occupied"), ("Reserved", "reserved"), ("Faulted", "faulted"),
     ("Unavailable", "unavailable"), ("OnFire", "unavailable")],
)  # fmt: skip
async def test_a_status(house: House, word: str, status: str):
    station = await house.later_station()
    said = {"timestamp": stamp(0), "connectorStatus": word, "evseId": 2, "connectorId": 1}
    assert await station.ask("StatusNotification", said) == {}
    fact = house.rooms.only(StatusChanged)[0]
    assert (fact.evse_network_id, fact.status, fact.error_code, fact.at) == (2, status, None, NOON)


async def test_a_token_gets_its_verdict(house: House):
    house.rooms.verdicts["TAG"] = TagVerdict(status="concurrent", parent="P")
    station = await house.later_station()
    answer = await station.ask("Authorize", {"idToken": TOKEN})
    group = {"idToken": "P", "type": "Central"}
    assert answer == {"idTokenInfo": {"status": "ConcurrentTx", "groupIdToken": group}}
    assert house.rooms.only(TagPresented)[0].id_tag == "TAG"


async def test_a_transaction_from_its_cable_to_its_end(house: House):
    """The charge begins with the token, where the first event said; the evse is named only then."""
    station = await house.later_station()
    ask = station.ask
    evse = {"id": 2, "connectorId": 1}
    plugged = event("Started", "CablePluggedIn", 0, {"chargingState": "EVConnected"}, evse=evse)
    assert await ask("TransactionEvent", plugged) == {}
    assert house.rooms.only(ChargeStarted) == []
    first = reading(1.5, 1, unitOfMeasure={"unit": "kWh"})
    begun = event("Updated", "Authorized", 1, idToken=TOKEN, meterValue=[first])
    assert (await ask("TransactionEvent", begun)) == {"idTokenInfo": {"status": "Accepted"}}
    assert house.rooms.only(ChargeStarted) == [
        ChargeStarted(
            charge_point_id=1, evse_network_id=2, id_tag="TAG", meter_wh=1500, at=NOON + timedelta(minutes=1),
            reservation_id=None, ref="tx-1/2026-02-28T12:01:00+00:00", received_at=NOW, transaction_ref="tx-1",
            token_type="ISO14443",
        )
    ]  # fmt: skip
    flows = event("Updated", "ChargingStateChanged", 2, {"chargingState": "Charging"})
    await ask("TransactionEvent", flows)
    assert [fact.status for fact in house.rooms.only(StatusChanged)] == ["preparing", "charging"]
    await ask("TransactionEvent", event("Updated", "MeterValuePeriodic", 3, meterValue=[reading(1700, 3)]))
    metered = house.rooms.only(Metered)[-1]
    assert (metered.evse_network_id, metered.transaction_ref) == (2, "tx-1")
    assert metered.readings == (Reading(NOON + timedelta(minutes=3), energy_wh=1700),)
    ended = event("Ended", "EVDeparted", 4, {"stoppedReason": "EVDisconnected"}, meterValue=[reading(2000, 4)])
    assert await ask("TransactionEvent", ended) == {}
    stopped = house.rooms.only(ChargeStopped)[0]
    assert (stopped.transaction_ref, stopped.evse_network_id, stopped.meter_wh) == ("tx-1", 2, 2000)
    assert (stopped.reason, stopped.id_tag, stopped.transaction_id) == ("EVDisconnected", None, None)


async def test_an_order_from_afar_is_named(house: House):
    station = await house.later_station()
    told = {"remoteStartId": 77, "chargingState": "EVConnected"}
    await station.ask("TransactionEvent", event("Started", "RemoteStart", 0, told, evse={"id": 1}))
    fact = house.rooms.only(ChargeStarted)[0]
    assert (fact.remote_start_id, fact.id_tag, fact.meter_wh) == (77, "", None)


async def test_what_was_measured_offline_changes_no_state(house: House):
    station = await house.later_station()
    told = {"chargingState": "Charging"}
    late = event("Started", "Authorized", 0, told, evse={"id": 1}, idToken=TOKEN, offline=True)
    await station.ask("TransactionEvent", late)
    assert len(house.rooms.only(ChargeStarted)) == 1
    assert house.rooms.only(StatusChanged) == []


async def test_meter_values_in_any_unit(house: House):
    station = await house.later_station()
    sampled = [
        {"value": 2.5, "unitOfMeasure": {"unit": "kWh"}, "context": "Sample.Clock"},
        {"value": 12, "unitOfMeasure": {"unit": "W", "multiplier": 3}, "measurand": "Power.Active.Import"},
        {"value": 16, "measurand": "Current.Import", "phase": "L1"},
        {"value": 7, "signedMeterValue": {
            "signedMeterData": "abc", "signingMethod": "", "encodingMethod": "", "publicKey": ""}},
    ]  # fmt: skip
    values = {"evseId": 2, "meterValue": [{"timestamp": stamp(0), "sampledValue": sampled}]}
    await station.ask("MeterValues", values)
    fact = house.rooms.only(Metered)[0]
    told = [
        Sample(NOON, REGISTER, 2500, "Wh", context="Sample.Clock", raw="2.5 kWh*10^0"),
        Sample(NOON, "Power.Active.Import", 12000, "W", raw="12 W*10^3"),
        Sample(NOON, "Current.Import", 16, "A", "L1"),
        Sample(NOON, REGISTER, 7, "Wh"),
    ]
    assert fact.readings == readings(told, NOW)
    assert fact.signed == (SignedReading(NOON, "abc", REGISTER),)
    assert (fact.evse_network_id, fact.transaction_ref) == (2, None)


@pytest.mark.parametrize("multiplier", [2**31, 400, 308])
async def test_a_number_beyond_all_numbers_is_none(house: House, multiplier: int):
    station = await house.later_station()
    beyond = {"value": 12, "unitOfMeasure": {"unit": "kW", "multiplier": multiplier}}
    values = {"evseId": 2, "meterValue": [{"timestamp": stamp(0), "sampledValue": [beyond, {"value": 7}]}]}
    assert await station.ask("MeterValues", values) == {}
    assert [one.energy_wh for one in house.rooms.only(Metered)[0].readings] == [7]


async def test_reports_become_settings(house: House):
    station = await house.later_station()
    data = {
        "component": {"name": "OCPPCommCtrlr", "evse": {"id": 1}}, "variable": {"name": "HeartbeatInterval"},
        "variableAttribute": [{"value": "300", "mutability": "ReadOnly"}, {"type": "Target", "value": "1"}],
        "variableCharacteristics": {"dataType": "integer", "supportsMonitoring": False, "maxLimit": 900},
    }  # fmt: skip
    part = {"requestId": 1, "generatedAt": stamp(0), "seqNo": 2, "reportData": [data]}
    assert await station.ask("NotifyReport", part) == {}
    assert house.rooms.only(SettingsTold)[0].settings == (
        Setting("HeartbeatInterval", "300", True, component="OCPPCommCtrlr", evse_network_id=1, max_limit=900),
    )


async def test_data_of_any_shape_and_security_events(house: House):
    station = await house.later_station()
    answer = await station.ask("DataTransfer", {"vendorId": "V", "messageId": "M", "data": {"a": [1]}})
    assert answer == {"status": "Accepted", "data": "seen"}
    assert house.rooms.only(DataReceived)[0].data == '{"a":[1]}'
    await station.ask("SecurityEventNotification", {"type": "TamperDetectionActivated", "timestamp": stamp(0)})
    assert house.rooms.only(SecurityEvent)[0].type == "TamperDetectionActivated"


async def test_events_of_components(house: House):
    station = await house.later_station()
    place = {"name": "Connector", "instance": "A", "evse": {"id": 2, "connectorId": 1}}
    told = {
        "eventId": 7, "timestamp": stamp(0), "trigger": "Delta", "actualValue": "Occupied", "component": place,
        "eventNotificationType": "PreconfiguredMonitor", "variable": {"name": "AvailabilityState", "instance": "B"},
        "techCode": "C", "techInfo": "I", "cleared": True, "transactionId": "tx", "variableMonitoringId": 3, "cause": 4,
    }  # fmt: skip
    other = {
        "eventId": 8, "timestamp": stamp(1), "trigger": "Periodic", "actualValue": "71", "component": {"name": "T"},
        "eventNotificationType": "CustomMonitor", "variable": {"name": "Temperature"},
    }  # fmt: skip
    part = {"generatedAt": stamp(0), "seqNo": 1, "tbc": True, "eventData": [told, other]}
    assert await station.ask("NotifyEvent", part) == {}
    first, second = house.rooms.only(EventsTold)[0].events
    assert first == StationEvent(
        number=7, at=NOON, component="Connector", component_instance="A", evse_network_id=2, connector_network_id=1,
        variable="AvailabilityState", variable_instance="B", value="Occupied", trigger="Delta",
        kind="PreconfiguredMonitor", cleared=True, tech_code="C", tech_info="I", cause=4, transaction_ref="tx",
        monitor=3, status="occupied",
    )  # fmt: skip
    assert (second.evse_network_id, second.value, second.status, second.cleared) == (0, "71", None, False)


async def test_limits_of_others(house: House):
    station = await house.later_station()
    periods = [{"startPeriod": 0, "limit": 11000, "numberPhases": 3}, {"startPeriod": 900, "limit": 5000}]
    schedule = {"id": 9, "chargingRateUnit": "W", "chargingSchedulePeriod": periods, "duration": 1800}
    limit = {"chargingLimitSource": "SO", "isGridCritical": True}
    begun = schedule | {"startSchedule": stamp(5)}
    said = {"chargingLimit": limit, "chargingSchedule": [schedule, begun], "evseId": 2}
    assert await station.ask("NotifyChargingLimit", said) == {}
    fact = house.rooms.only(LimitTold)[0]
    assert (fact.evse_network_id, fact.source, fact.grid_critical) == (2, "SO", True)
    first, second = fact.schedules
    assert (first.unit, first.duration_s, first.starts_at) == ("W", 1800, NOW)
    assert first.periods == (SchedulePeriod(0, 11000, 3), SchedulePeriod(900, 5000))
    assert second.starts_at == NOON + timedelta(minutes=5)
    assert await station.ask("ClearedChargingLimit", {"chargingLimitSource": "SO"}) == {}
    assert house.rooms.only(LimitCleared)[0].evse_network_id is None


@pytest.mark.parametrize(("word", "how"), [("Expired", "expired"), ("Removed", "removed"), ("Lost", "removed")])
async def test_a_reservation_is_let_go(house: House, word: str, how: Literal["expired", "removed"]):
    station = await house.later_station()
    assert await station.ask("ReservationStatusUpdate", {"reservationId": 5, "reservationUpdateStatus": word}) == {}
    assert house.rooms.only(ReservationEnded) == [
        ReservationEnded(charge_point_id=1, reservation_id=5, how=how, received_at=NOW)
    ]


async def test_an_account_of_profiles(house: House):
    station = await house.later_station()
    schedule = {
        "id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
        "startSchedule": stamp(1), "duration": 60, "minChargingRate": 6,
    }  # fmt: skip
    profile = {
        "id": 5, "stackLevel": 3, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Recurring",
        "chargingSchedule": [schedule], "recurrencyKind": "Daily", "validFrom": stamp(2), "validTo": stamp(3),
        "transactionId": "tx",
    }  # fmt: skip
    foreign = profile | {"chargingProfilePurpose": "ChargingStationExternalConstraints"}
    said = {"requestId": 9, "chargingLimitSource": "CSO", "chargingProfile": [profile, foreign], "evseId": 2}
    assert await station.ask("ReportChargingProfiles", said | {"tbc": True}) == {}
    assert await station.ask("ReportChargingProfiles", said | {"chargingLimitSource": "EMS"}) == {}
    first, second = house.rooms.only(ProfilesTold)
    assert (first.request_id, first.evse_network_id, first.more, second.more, second.profiles) == (
        9,
        2,
        True,
        False,
        (),
    )
    assert first.profiles == (
        ChargingProfile(
            id=5, stack_level=3, purpose="transaction", kind="recurring", unit="A", periods=(SchedulePeriod(0, 10),),
            duration_s=60, starts_at=NOON + timedelta(minutes=1), min_rate=6, recurrency="daily",
            valid_from=NOON + timedelta(minutes=2), valid_to=NOON + timedelta(minutes=3), transaction_ref="tx",
        ),
    )  # fmt: skip


async def test_what_a_station_watches(house: House):
    station = await house.later_station()
    watch = {"id": 3, "transaction": False, "value": 60, "type": "UpperThreshold", "severity": 5}
    place = {"name": "TemperatureSensor", "evse": {"id": 1}}
    data = {"component": place, "variable": {"name": "Temperature"}, "variableMonitoring": [watch, watch | {"id": 4}]}
    part = {"requestId": 1, "seqNo": 0, "generatedAt": stamp(0)}
    assert await station.ask("NotifyMonitoringReport", part) == {}
    assert await station.ask("NotifyMonitoringReport", part | {"monitor": [data]}) == {}
    [fact] = house.rooms.only(MonitorsTold)
    assert [one.number for one in fact.monitors] == [3, 4]
    assert fact.monitors[0] == StationMonitor(
        number=3, component="TemperatureSensor", evse_network_id=1, variable="Temperature", kind="UpperThreshold",
        value=60, severity=5,
    )  # fmt: skip


async def test_a_certificate_is_promised_once_the_wish_is_kept(house: House):
    station = await house.later_station()
    wish = {"csr": "-----BEGIN", "certificateType": "ChargingStationCertificate"}
    assert await station.ask("SignCertificate", wish) == {"status": "Accepted"}
    assert await station.ask("SignCertificate", {"csr": "nonsense"}) == {"status": "Rejected"}
    assert [fact.request for fact in house.rooms.only(CertificateWanted)] == ["-----BEGIN", "nonsense"]
    for_vehicles = wish | {"certificateType": "V2GCertificate"}
    assert await station.ask("SignCertificate", for_vehicles) == {"status": "Rejected"}
    assert len(house.rooms.only(CertificateWanted)) == 2
