"""Each message of a 1.6 station becomes one fact and gets the right answer."""

from datetime import UTC, datetime

import pytest

from ohmstead.rooms.charging.facts import (
    ChargeStarted,
    ChargeStopped,
    Metered,
    SignedReading,
    TagPresented,
    TagVerdict,
)
from ohmstead.rooms.charging.readings import Sample, readings
from ohmstead.rooms.devices.facts import (
    Booted,
    CertificateWanted,
    DataReceived,
    FirmwareStatus,
    LogStatus,
    SecurityEvent,
    StatusChanged,
)
from tests.ocpp.conftest import NOW, House

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
START = {"connectorId": 2, "idTag": "TAG", "meterStart": 1200, "timestamp": "2026-02-28T12:00:00Z"}
STOP = {"transactionId": 7, "meterStop": 5200, "timestamp": "2026-02-28T12:00:00Z"}
REGISTER = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"


async def test_a_boot(house: House):
    station = await house.station()
    answer = await station.ask(
        "BootNotification",
        {"chargePointVendor": "V", "chargePointModel": "M", "chargePointSerialNumber": "S1", "iccid": "", "imsi": "I"},
    )
    assert answer == {"status": "Accepted", "interval": 300, "currentTime": "2026-03-01T12:00:00Z"}
    assert house.rooms.only(Booted) == [
        Booted(charge_point_id=1, vendor="V", model="M", serial_number="S1", imsi="I", received_at=NOW)
    ]


async def test_a_status(house: House):
    station = await house.station()
    said = {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure", "info": "RCD", "vendorErrorCode": "E7"}
    assert await station.ask("StatusNotification", {**said, "timestamp": "2026-02-28T13:00:00+01:00"}) == {}
    assert house.rooms.only(StatusChanged) == [
        StatusChanged(
            charge_point_id=1,
            evse_network_id=1,
            status="faulted",
            error_code="GroundFailure",
            vendor_error_code="E7",
            vendor_id=None,
            info="RCD",
            at=NOON,
            received_at=NOW,
        )
    ]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Available", "available"),
        ("SuspendedEV", "suspendedEV"),
        ("SuspendedEVSE", "suspendedEVSE"),
        ("SUSPENDED_EV", "suspendedEV"),
        ("Occupied", "occupied"),
        ("OnFire", "unavailable"),
    ],
)
async def test_a_status_word_is_understood_however_it_is_written(house: House, word: str, status: str):
    station = await house.station()
    await station.ask("StatusNotification", {"connectorId": 0, "status": word, "errorCode": "NoError"})
    fact = house.rooms.only(StatusChanged)[0]
    assert (fact.evse_network_id, fact.status, fact.error_code, fact.at) == (0, status, None, NOW)


@pytest.mark.parametrize(
    ("verdict", "info"),
    [
        (TagVerdict(status="accepted"), {"status": "Accepted"}),
        (TagVerdict(status="blocked"), {"status": "Blocked"}),
        (TagVerdict(status="concurrent", parent="P"), {"status": "ConcurrentTx", "parentIdTag": "P"}),
        (TagVerdict(status="invalid", parent="P" * 21), {"status": "Invalid"}),
        (TagVerdict(status="expired", expires_at=NOON), {"status": "Expired", "expiryDate": "2026-02-28T12:00:00Z"}),
    ],
)
async def test_a_tag(house: House, verdict: TagVerdict, info: dict):
    house.rooms.verdicts["TAG"] = verdict
    station = await house.station()
    assert await station.ask("Authorize", {"idTag": "TAG"}) == {"idTagInfo": info}
    assert house.rooms.only(TagPresented) == [TagPresented(charge_point_id=1, id_tag="TAG", received_at=NOW)]


async def test_a_start_is_numbered_even_where_the_tag_is_refused(house: House):
    house.rooms.verdicts["TAG"] = TagVerdict(status="blocked")
    station = await house.station()
    answer = await station.ask("StartTransaction", START | {"reservationId": 9})
    assert answer == {"transactionId": 1, "idTagInfo": {"status": "Blocked"}}
    assert house.rooms.only(ChargeStarted) == [
        ChargeStarted(
            charge_point_id=1,
            evse_network_id=2,
            id_tag="TAG",
            meter_wh=1200,
            at=NOON,
            reservation_id=9,
            ref="2/TAG/2026-02-28T12:00:00+00:00/1200",
            received_at=NOW,
        )
    ]


async def test_a_start_told_twice_has_one_reference(house: House):
    station = await house.station()
    again = START | {"timestamp": "2026-02-28T13:00:00.000+01:00"}
    first, second = await station.ask("StartTransaction", START), await station.ask("StartTransaction", again)
    assert first == second
    other = await station.ask("StartTransaction", START | {"meterStart": 1201})
    assert other["transactionId"] != first["transactionId"]


@pytest.mark.parametrize("number", [7, 0, -1, 9223372036854775807, 99999999999999999999999])
async def test_a_stop_is_taken_whatever_its_transaction(house: House, number: int):
    station = await house.station()
    assert await station.ask("StopTransaction", STOP | {"transactionId": number}) == {}
    fact = house.rooms.only(ChargeStopped)[0]
    assert fact == ChargeStopped(
        charge_point_id=1,
        transaction_id=number if number < 2**31 else None,
        id_tag=None,
        meter_wh=5200,
        at=NOON,
        reason=None,
        readings=(),
        received_at=NOW,
    )


async def test_a_stop_with_a_tag_and_closing_values(house: House):
    station = await house.station()
    data = [{"timestamp": "2026-02-28T12:00:00Z", "sampledValue": [{"value": "5.2", "unit": "kWh"}]}]
    answer = await station.ask("StopTransaction", STOP | {"idTag": "T", "reason": "Local", "transactionData": data})
    assert answer == {"idTagInfo": {"status": "Accepted"}}
    fact = house.rooms.only(ChargeStopped)[0]
    assert (fact.id_tag, fact.reason) == ("T", "Local")
    assert fact.readings == readings([Sample(NOON, REGISTER, 5200.0, "Wh", raw="5.2 kWh")], NOW)


@pytest.mark.parametrize(
    ("sampled", "sample"),
    [
        ({"value": "1200"}, (REGISTER, 1200.0, "Wh", None)),
        ({"value": "12.3456", "unit": "kWh"}, (REGISTER, 12345.6, "Wh", "12.3456 kWh")),
        (
            {"value": "7.4", "unit": "kW", "measurand": POWER},
            (POWER, 7400, "W", "7.4 kW"),
        ),
        ({"value": "7400", "measurand": POWER}, (POWER, 7400, "W", None)),
        ({"value": "0.98", "measurand": "Power.Factor"}, ("Power.Factor", 0.98, "", None)),
        ({"value": "16", "measurand": "Current.Import"}, ("Current.Import", 16, "A", None)),
        ({"value": "41", "measurand": "SoC"}, ("SoC", 41, "Percent", None)),
        ({"value": "30", "measurand": "Temperature", "unit": "Celcius"}, ("Temperature", 30, "Celsius", None)),
        ({"value": "3", "measurand": "Temperature", "unit": "Lumen"}, ("Temperature", 3, "Lumen", None)),
    ],
)
async def test_a_sample_has_its_defaults_and_base_unit(house: House, sampled: dict, sample: tuple):
    station = await house.station()
    values = [{"timestamp": "2026-02-28T12:00:00Z", "sampledValue": [sampled]}]
    assert await station.ask("MeterValues", {"connectorId": 1, "transactionId": 7, "meterValue": values}) == {}
    measurand, value, unit, raw = sample
    read = readings([Sample(NOON, measurand, value, unit, raw=raw)], NOW)
    assert house.rooms.only(Metered)[0].readings == read
    assert read[0].at == NOON


async def test_signed_readings_are_kept_apart_and_words_are_no_samples(house: House):
    station = await house.station()
    sampled = [
        {"value": "OCMF|{}|{}", "format": "SignedData", "context": "Transaction.End"},
        {"value": "NaN"},
        {"value": "n/a"},
        {"value": "230", "measurand": "Voltage", "phase": "L1", "location": "Inlet", "context": "Trigger"},
    ]
    values = [{"timestamp": "2026-02-28T12:00:00Z", "sampledValue": sampled}]
    await station.ask("MeterValues", {"connectorId": 0, "meterValue": values})
    assert house.rooms.only(Metered) == [
        Metered(
            charge_point_id=1,
            evse_network_id=0,
            transaction_id=None,
            readings=readings([Sample(NOON, "Voltage", 230.0, "V", "L1", "Inlet", "Trigger")], NOW),
            signed=(SignedReading(NOON, "OCMF|{}|{}", REGISTER, "Transaction.End"),),
            received_at=NOW,
        )
    ]


async def test_a_vendors_message(house: House):
    station = await house.station()
    answer = await station.ask("DataTransfer", {"vendorId": "acme", "messageId": "m", "data": "d"})
    assert answer == {"status": "Accepted", "data": "seen"}
    assert house.rooms.only(DataReceived) == [
        DataReceived(charge_point_id=1, vendor_id="acme", message_id="m", data="d", received_at=NOW)
    ]


@pytest.mark.parametrize(
    ("action", "payload", "fact"),
    [
        (
            "DiagnosticsStatusNotification",
            {"status": "Uploading"},
            LogStatus(charge_point_id=1, kind="diagnostics", status="Uploading", request_id=None, received_at=NOW),
        ),
        (
            "LogStatusNotification",
            {"status": "UploadFailure", "requestId": 4},
            LogStatus(charge_point_id=1, kind=None, status="UploadFailure", request_id=4, received_at=NOW),
        ),
        (
            "FirmwareStatusNotification",
            {"status": "Installed"},
            FirmwareStatus(charge_point_id=1, status="Installed", request_id=None, received_at=NOW),
        ),
        (
            "SignedFirmwareStatusNotification",
            {"status": "InvalidSignature", "requestId": 5},
            FirmwareStatus(charge_point_id=1, status="InvalidSignature", request_id=5, received_at=NOW),
        ),
        (
            "SecurityEventNotification",
            {"type": "TamperDetectionActivated", "timestamp": "2026-02-28T13:00:00+01:00", "techInfo": "door"},
            SecurityEvent(
                charge_point_id=1, type="TamperDetectionActivated", tech_info="door", at=NOON, received_at=NOW
            ),
        ),
    ],
)
async def test_a_notice(house: House, action: str, payload: dict, fact: object):
    station = await house.station()
    assert await station.ask(action, payload) == {}
    assert house.rooms.only(type(fact)) == [fact]


async def test_a_certificate_is_promised_once_the_wish_is_kept(house: House):
    station = await house.station()
    assert await station.ask("SignCertificate", {"csr": "-----BEGIN"}) == {"status": "Accepted"}
    assert await station.ask("SignCertificate", {"csr": "nonsense"}) == {"status": "Rejected"}
    wishes = [(fact.charge_point_id, fact.request) for fact in house.rooms.only(CertificateWanted)]
    assert wishes == [(1, "-----BEGIN"), (1, "nonsense")]
