"""Deviations from the specification are answered all the same, and recorded."""

from datetime import UTC, datetime

import pytest

from ohmstead.rooms.charging.facts import ChargeStarted, ChargeStopped, Metered, TagPresented
from ohmstead.rooms.devices.facts import Booted, StatusChanged
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


@pytest.mark.parametrize(
    ("written", "meant", "recorded"),
    [
        ("12,5", 12.5, "sampledValue '12,5' has a comma for a decimal point"),
        (" -1200,25 ", -1200.25, "sampledValue ' -1200,25 ' has a comma for a decimal point"),
        ("1,234", None, "sampledValue '1,234' was left out: it is no number"),
        ("1.234,5", None, "sampledValue '1.234,5' was left out: it is no number"),
        ("n/a", None, "sampledValue 'n/a' was left out: it is no number"),
        ("", None, "sampledValue '' was left out: it is no number"),
        ("1e999", None, "sampledValue '1e999' was left out: no number is so large"),
    ],
)
@pytest.mark.parametrize("action", ["MeterValues", "StopTransaction"])
async def test_a_value_that_is_odd_is_never_passed_over_in_silence(
    house: House, action: str, written: str, meant: float | None, recorded: str
):
    """A comma is a decimal point where it can be nothing else."""
    station = await house.station()
    readings = [
        {"timestamp": "2026-02-28T12:00:00Z", "sampledValue": [{"value": written}, {"value": "7", "unit": "A"}]}
    ]
    stop = {"transactionId": 1, "meterStop": 1, "timestamp": "2026-02-28T12:00:00Z", "transactionData": readings}
    metered = {"connectorId": 1, "meterValue": readings}
    await station.ask(action, metered if action == "MeterValues" else stop)
    await station.ask("Heartbeat", {})
    (read,) = house.rooms.only(Metered if action == "MeterValues" else ChargeStopped)[0].readings
    assert read.energy_wh == meant
    assert house.deviations() == [recorded]


@pytest.mark.parametrize(
    ("written", "meant"), [("12,5", 12.5), ("1,23", 1.23), ("-7,0001", -7.0001), ("1,234", None), ("1,2,3", None)]
)
async def test_a_comma_in_a_number_of_2_0_1(house: House, written: str, meant: float | None):
    station = await house.later_station()
    readings = [
        {"timestamp": "2026-02-28T12:00:00Z", "sampledValue": [{"value": written}, {"value": 1, "measurand": "SoC"}]}
    ]
    await station.ask("MeterValues", {"evseId": 1, "meterValue": readings})
    assert house.rooms.only(Metered)[0].readings[0].energy_wh == meant
    assert any("comma" in one or "was left out" in one for one in house.deviations())


@pytest.mark.parametrize(
    ("number", "kept"), [(2**31 - 1, 2**31 - 1), (2**31, None), (-(2**31) - 1, None), (2**70, None), ("1e999", None)]
)
async def test_a_number_of_more_than_32_bits_is_none(house: House, number: object, kept: int | None):
    station = await house.station()
    await station.ask("StartTransaction", START | {"reservationId": number})
    assert house.rooms.only(ChargeStarted)[0].reservation_id == kept
    assert bool(house.deviations()) is (kept is None)


async def test_a_register_may_be_larger(house: House):
    station = await house.station()
    await station.ask("StartTransaction", START | {"meterStart": 2**40})
    assert house.rooms.only(ChargeStarted)[0].meter_wh == 2**40
    assert house.deviations() == []


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
