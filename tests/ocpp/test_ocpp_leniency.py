"""Deviations from the specification are answered all the same, and recorded."""

from datetime import UTC, datetime

import pytest

from ohmstead.rooms.charging.facts import ChargeStarted, ChargeStopped, Metered, TagPresented
from ohmstead.rooms.network.facts import Booted, StatusChanged
from tests.ocpp.conftest import NOW, House

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-02-28T12:00:00Z"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "payload", "recorded"),
    [
        ("BootNotification", BOOT | {"color": "red"}, "color is not in the specification"),
        ("BootNotification", BOOT | {"chargePointModel": "M" * 21}, "chargePointModel is 21 characters long, 20 are"),
        ("BootNotification", BOOT | {"chargePointModel": 7}, "chargePointModel is a text written as a number"),
        ("BootNotification", BOOT | {"firmwareVersion": {"major": 1}}, "firmwareVersion was left out"),
        ("BootNotification", BOOT | {"chargePointVendor": "V\0\0"}, "chargePointVendor contains NUL characters"),
        ("StatusNotification", STATUS | {"connectorId": "1"}, "connectorId is a whole number written in another way"),
        ("StatusNotification", STATUS | {"connectorId": 1.0}, "connectorId is a whole number written in another way"),
        ("StatusNotification", STATUS | {"errorCode": "Aliens"}, "errorCode 'Aliens' is not one of the specified"),
        ("StatusNotification", STATUS | {"timestamp": "2026-02-28T12:00:00"}, "timestamp is a date and time without"),
        ("StatusNotification", STATUS | {"timestamp": "soon"}, "timestamp 'soon' is not a date and time"),
        ("Heartbeat", {"now": 1}, "now is not in the specification"),
        ("Heartbeat", None, "the payload is null"),
        ("StartTransaction", START | {"reservationId": "none"}, "reservationId was left out"),
    ],
)
async def test_a_deviation_is_answered_and_recorded(house: House, action: str, payload, recorded: str):
    station = await house.station()
    await station.ask(action, payload)
    assert any(each.startswith(recorded) for each in house.deviations()), house.deviations()


async def test_what_is_as_specified_records_nothing(house: House):
    station = await house.station()
    await station.ask("BootNotification", BOOT | {"iccid": "", "meterType": None})
    await station.ask("StartTransaction", START)
    assert house.deviations() == []


async def test_odd_values_are_kept(house: House):
    station = await house.station()
    await station.ask("BootNotification", {"chargePointVendor": "V" * 999, "chargePointModel": 7})
    await station.ask("StatusNotification", STATUS | {"errorCode": "Aliens"})
    assert (house.rooms.only(Booted)[0].vendor, house.rooms.only(Booted)[0].model) == ("V" * 500, "7")
    assert house.rooms.only(StatusChanged)[0].error_code == "Aliens"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-02-28T12:00:00Z", NOON),
        ("2026-02-28T12:00:00", NOON),
        ("2026-02-28T12:00:00.0000000Z", NOON),
        ("2026-02-28T12:00:00.1234567+00:00", NOON.replace(microsecond=123457)),
        ("2026-02-28T13:00:00+01:00", NOON),
        ("2026-02-28T13:00:00+0100", NOON),
        ("2026-02-28 12:00:00", NOON),
        ("2026-02-28T12:00Z", NOON),
        ("20260228T120000Z", NOON),
        (1772280000, NOON),
        (1772280000000, NOON),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("0000-00-00T00:00:00Z", NOW),
        ("yesterday", NOW),
        (10**30, NOW),
    ],
)
async def test_a_moment_in_many_spellings(house: House, written, meant: datetime):
    station = await house.station()
    await station.ask("StartTransaction", START | {"timestamp": written})
    at = house.rooms.only(ChargeStarted)[0].at
    assert at == meant
    assert at.tzinfo is UTC


async def test_numbers_for_texts_and_texts_for_numbers_in_meter_values(house: House):
    station = await house.station()
    sampled = [{"value": 1200.5}, {"value": 16, "measurand": "Current.Import", "phase": "L7"}, {"unit": "Wh"}]
    values = [{"timestamp": "2026-02-28T12:00:00", "sampledValue": sampled}]
    payload = {"connectorId": "1", "transactionId": "9223372036854775807", "meterValue": values}
    assert await station.ask("MeterValues", payload) == {}
    fact = house.rooms.only(Metered)[0]
    assert (fact.evse_network_id, fact.transaction_id) == (1, None), "no number of ours"
    (read,) = fact.readings
    assert (read.energy_wh, read.others) == (1200.5, (("Current.Import", 16, "A", "L7", None, None, None),))
    assert len(house.deviations()) == 7


async def test_a_single_object_for_a_list_is_a_list_of_one(house: House):
    station = await house.station()
    reading = {"timestamp": "2026-02-28T12:00:00Z", "sampledValue": {"value": "3"}}
    await station.ask("MeterValues", {"connectorId": 1, "meterValue": reading})
    assert [read.energy_wh for read in house.rooms.only(Metered)[0].readings] == [3]


async def test_a_broken_meter_reading_is_rounded(house: House):
    station = await house.station()
    await station.ask("StopTransaction", {"transactionId": 1, "meterStop": 100.7, "timestamp": "2026-02-28T12:00:00Z"})
    assert house.rooms.only(ChargeStopped)[0].meter_wh == 101


async def test_a_call_without_payload_and_with_a_number_for_an_id(house: House):
    station = await house.station()
    await station.say([2, "a", "Heartbeat"])
    assert (await station.hear())[:2] == [3, "a"]
    await station.say(["2", 17, "Authorize", {"idTag": 4711}])
    assert (await station.hear())[:2] == [3, "17"]
    assert house.rooms.only(TagPresented)[0].id_tag == "4711"
    assert house.deviations().count("the frame is not as specified, but readable") == 2


async def test_a_flood_of_deviations_is_cut_short(house: House):
    station = await house.station()
    await station.ask("Heartbeat", {f"f{number}": number for number in range(1000)})
    assert len(house.deviations()) == 50
