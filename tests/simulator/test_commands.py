"""What a station does when it is told to, and what it answers."""

import base64

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.connector import State
from ohmstead.simulator.line import Patience
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.vehicle import Vehicle
from tests.simulator.central import Central, central_system
from tests.simulator.conftest import Maker, idle, online
from tests.simulator.test_session import charging

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


async def test_an_unknown_command_is_not_implemented(central: Central, station: StationV16):
    code, _ = await central.tell("GetVariables", {"getVariableData": []})
    assert code == "NotImplemented"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, "OccurenceConstraintViolation"),
        ({"type": "Gentle"}, "PropertyConstraintViolation"),
        ({"type": 7}, "TypeConstraintViolation"),
    ],
)
async def test_a_command_that_cannot_be_read_is_named_as_such(
    central: Central, station: StationV16, payload: dict, expected: str
):
    code, _ = await central.tell("Reset", payload)
    assert code == expected


async def test_a_remote_start_begins_with_the_cable(central: Central, station: StationV16):
    assert await central.tell("RemoteStartTransaction", {"idTag": "APP"}) == ACCEPTED
    await station.until(lambda s: s.state(1) is State.PREPARING)
    station.plug(1, Vehicle())
    await idle(station)
    assert central.all("StartTransaction")[0]["idTag"] == "APP"
    assert central.all("Authorize") == []


async def test_a_remote_start_asks_first_where_the_station_is_set_so(central: Central, station: StationV16):
    central.script["Authorize"] = lambda _: {"idTagInfo": {"status": "Invalid"}}
    await central.tell("ChangeConfiguration", {"key": "AuthorizeRemoteTxRequests", "value": "true"})
    station.plug(1, Vehicle())
    assert await central.tell("RemoteStartTransaction", {"idTag": "APP", "connectorId": 1}) == ACCEPTED
    await central.hear("Authorize")
    await idle(station)
    assert station.transaction(1) is None


async def test_a_remote_start_needs_a_free_connector(central: Central, station: StationV16):
    assert await central.tell("RemoteStartTransaction", {"idTag": "APP", "connectorId": 2}) == REJECTED
    await charging(station)
    assert await central.tell("RemoteStartTransaction", {"idTag": "APP", "connectorId": 1}) == REJECTED
    assert await central.tell("RemoteStartTransaction", {"idTag": "APP"}) == REJECTED


async def test_a_remote_start_prefers_the_connector_with_a_car(central: Central, make: Maker):
    station = await online(make(connectors=2))
    station.plug(2, Vehicle())
    await central.tell("RemoteStartTransaction", {"idTag": "APP"})
    await station.until(lambda s: s.transaction(2) is not None)


async def test_a_remote_stop_needs_the_running_transaction(central: Central, station: StationV16):
    await charging(station)
    assert await central.tell("RemoteStopTransaction", {"transactionId": 7}) == REJECTED
    assert await central.tell("RemoteStopTransaction", {"transactionId": 101}) == ACCEPTED
    assert (await central.hear("StopTransaction"))["reason"] == "Remote"


async def test_a_soft_reset_ends_the_charging_before_it(central: Central, station: StationV16, clock: ManualClock):
    await charging(station)
    assert await central.tell("Reset", {"type": "Soft"}) == ACCEPTED
    assert (await central.hear("StopTransaction"))["reason"] == "SoftReset"
    await station.until(lambda s: not s.hardware.powered)
    await clock.advance(5)
    await idle(station)
    order = [call.action for call in central.heard]
    assert order.index("StopTransaction") < len(order) - 1 - order[::-1].index("BootNotification")


async def test_a_hard_reset_ends_the_charging_after_it(central: Central, station: StationV16, clock: ManualClock):
    await charging(station)
    register = station.energy_wh(1)
    assert await central.tell("Reset", {"type": "Hard"}) == ACCEPTED
    await station.until(lambda s: not s.hardware.powered)
    assert central.all("StopTransaction") == []
    await clock.advance(5)
    assert (await central.hear("StopTransaction"))["reason"] == "HardReset"
    await idle(station)
    assert station.energy_wh(1) == register
    assert len(central.all("BootNotification")) == 2


async def test_unlocking_ends_the_charging(central: Central, station: StationV16):
    await charging(station)
    assert await central.tell("UnlockConnector", {"connectorId": 9}) == {"status": "NotSupported"}
    assert await central.tell("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}
    assert (await central.hear("StopTransaction"))["reason"] == "UnlockCommand"


async def test_a_busy_connector_becomes_unavailable_afterwards(
    central: Central, station: StationV16, clock: ManualClock
):
    await charging(station)
    told = await central.tell("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    assert told == {"status": "Scheduled"}
    assert station.state(1) is State.CHARGING
    station.unplug(1)
    assert station.state(1) is State.UNAVAILABLE
    station.power_off()
    station.power_on()
    await idle(station)
    assert (central.statuses(0)[-1], central.statuses(1)[-1]) == ("Unavailable", "Unavailable")
    assert not await station.present_tag(1, "TAG")
    assert await central.tell("ChangeAvailability", {"connectorId": 1, "type": "Operative"}) == ACCEPTED
    await station.until(lambda s: s.state(1) is State.AVAILABLE)
    assert await central.tell("ChangeAvailability", {"connectorId": 5, "type": "Operative"}) == REJECTED


async def test_configuration_is_read_and_written(central: Central, make: Maker):
    station = await online(make(connectors=2, phases=3, rotation="STR"))
    answer = await central.tell("GetConfiguration")
    keys = {key["key"]: key for key in answer["configurationKey"]}
    assert keys["NumberOfConnectors"] == {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
    assert keys["ConnectorPhaseRotation"]["value"] == "0.STR,1.STR,2.STR"
    assert keys["ChargingScheduleAllowedChargingRateUnit"]["value"] == "Current,Power"
    assert keys["HeartbeatInterval"] == {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
    some = await central.tell("GetConfiguration", {"key": ["HeartbeatInterval", "Colour"]})
    assert some["unknownKey"] == ["Colour"]
    assert len(some["configurationKey"]) == 1
    assert station.settings.heartbeat_s == 300


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("HeartbeatInterval", "60", "Accepted"),
        ("HeartbeatInterval", "soon", "Rejected"),
        ("HeartbeatInterval", "-1", "Rejected"),
        ("LocalPreAuthorize", "TRUE", "Accepted"),
        ("LocalPreAuthorize", "perhaps", "Rejected"),
        ("MeterValuesSampledData", "SoC,Voltage", "Accepted"),
        ("MeterValuesSampledData", "Mood", "Rejected"),
        ("NumberOfConnectors", "5", "Rejected"),
        ("Colour", "green", "NotSupported"),
    ],
)
async def test_a_key_takes_only_what_it_can_be(
    central: Central, station: StationV16, key: str, value: str, status: str
):
    before = (await central.tell("GetConfiguration", {"key": [key]}))["configurationKey"]
    assert await central.tell("ChangeConfiguration", {"key": key, "value": value}) == {"status": status}
    after = (await central.tell("GetConfiguration", {"key": [key]}))["configurationKey"]
    assert (after[0]["value"].lower() == value.lower()) if status == "Accepted" else (after == before)


async def test_a_new_sample_interval_counts_at_once(central: Central, station: StationV16, clock: ManualClock):
    await charging(station)
    await central.tell("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "7"})
    await central.tell("GetLocalListVersion")
    await clock.advance(7)
    await central.hear("MeterValues")
    await idle(station)
    assert len(central.all("MeterValues")) == 1


async def test_a_new_password_is_used_at_once():
    async with central_system(password=b"old") as central:
        station = StationV16(central.url, "CP1", "old", patience=Patience(back_off_s=0.01))
        await online(station)
        key = b"\xff\x00new-key-of-16-bytes"
        assert await central.tell("ChangeConfiguration", {"key": "AuthorizationKey", "value": key.hex()}) == ACCEPTED
        await station.until(lambda s: "401" in s.uplink.line.refusal)
        header = station.uplink.line.address.credentials()["Authorization"]
        assert base64.b64decode(header.removeprefix("Basic ")) == b"CP1:" + key
        await station.stop()


async def test_triggered_messages_come(central: Central, make: Maker):
    station = await online(make(connectors=2))
    for message, action in (("Heartbeat", "Heartbeat"), ("BootNotification", "BootNotification")):
        count = len(central.all(action))
        assert await central.tell("TriggerMessage", {"requestedMessage": message}) == ACCEPTED
        await central.hear(action, count + 1)
    await idle(station)
    before = len(central.statuses(1))
    await central.tell("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1})
    await central.until(lambda c: len(c.statuses(1)) == before + 1)
    await central.tell("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 2})
    reading = await central.hear("MeterValues")
    assert reading["connectorId"] == 2
    assert {v["context"] for v in reading["meterValue"][0]["sampledValue"]} == {"Trigger"}
    nothing = await central.tell("ExtendedTriggerMessage", {"requestedMessage": "SignV2GCertificate"})
    assert nothing == {"status": "NotImplemented"}
    elsewhere = {"requestedMessage": "StatusNotification", "connectorId": 3}
    assert await central.tell("TriggerMessage", elsewhere) == REJECTED


def entry(tag: str, status: str | None = "Accepted") -> dict:
    return {"idTag": tag, "idTagInfo": {"status": status}} if status else {"idTag": tag}


async def test_the_local_list_lets_in_without_asking(central: Central, station: StationV16):
    full = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry("A"), entry("B", "Blocked")]}
    assert await central.tell("SendLocalList", full) == ACCEPTED
    change = {"listVersion": 2, "updateType": "Differential", "localAuthorizationList": [entry("A", None), entry("C")]}
    assert await central.tell("SendLocalList", change) == ACCEPTED
    assert await central.tell("SendLocalList", change) == {"status": "VersionMismatch"}
    assert await central.tell("GetLocalListVersion") == {"listVersion": 2}
    assert {*station.authorization.local_list} == {"B", "C"}
    await central.tell("ChangeConfiguration", {"key": "LocalPreAuthorize", "value": "true"})
    assert await station.present_tag(1, "C")
    assert central.all("Authorize") == []
    await central.tell("ChangeConfiguration", {"key": "LocalAuthListEnabled", "value": "false"})
    assert await central.tell("GetLocalListVersion") == {"listVersion": -1}
    assert await central.tell("SendLocalList", full) == {"status": "NotSupported"}


async def test_the_cache_is_cleared(central: Central, station: StationV16):
    await station.present_tag(1, "TAG")
    assert station.authorization.cache
    assert await central.tell("ClearCache") == ACCEPTED
    assert not station.authorization.cache
    await central.tell("ChangeConfiguration", {"key": "AuthorizationCacheEnabled", "value": "false"})
    assert await central.tell("ClearCache") == REJECTED


async def test_vendor_data_is_nobodys_business(central: Central, station: StationV16):
    assert await central.tell("DataTransfer", {"vendorId": "them"}) == {"status": "UnknownVendorId"}


async def test_a_reserved_connector_waits_for_its_driver(central: Central, station: StationV16, clock: ManualClock):
    wish = {"connectorId": 1, "expiryDate": "2026-01-05T08:10:00Z", "idTag": "GUEST", "reservationId": 5}
    assert await central.tell("ReserveNow", wish) == ACCEPTED
    assert await central.tell("ReserveNow", {**wish, "reservationId": 6}) == {"status": "Occupied"}
    await station.until(lambda s: s.state(1) is State.RESERVED)
    assert not await station.present_tag(1, "OTHER")
    assert await station.present_tag(1, "GUEST")
    station.plug(1, Vehicle())
    await idle(station)
    assert central.all("StartTransaction")[0]["reservationId"] == 5
    assert await central.tell("CancelReservation", {"reservationId": 5}) == REJECTED


async def test_a_reservation_ends_by_cancelling_or_by_time(central: Central, station: StationV16, clock: ManualClock):
    wish = {"connectorId": 1, "expiryDate": "2026-01-05T08:10:00Z", "idTag": "GUEST", "reservationId": 5}
    await central.tell("ReserveNow", wish)
    assert await central.tell("CancelReservation", {"reservationId": 5}) == ACCEPTED
    assert station.state(1) is State.AVAILABLE
    await central.tell("ReserveNow", wish)
    await clock.advance(600)
    assert station.state(1) is State.AVAILABLE
    station.fault(1)
    assert await central.tell("ReserveNow", wish) == {"status": "Faulted"}
