"""Each command becomes the right call, valid by the schemas of the standard, and its answer the right outcome."""

import asyncio
import typing
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from ohmstead.engines.pki import CertificateHash
from ohmstead.ocpp.v16.version import OCPP_1_6
from ohmstead.rooms.devices.stations import (
    CancelReservation,
    CertificateSigned,
    ChangeAvailability,
    ChangeConfiguration,
    ChargingProfile,
    ClearCache,
    ClearChargingProfile,
    Command,
    CompositeSchedule,
    DataTransfer,
    DeleteCertificate,
    Disconnect,
    GetChargingProfiles,
    GetCompositeSchedule,
    GetConfiguration,
    GetInstalledCertificates,
    GetLocalListVersion,
    GetLog,
    GetTransactionStatus,
    GetVariables,
    InstallCertificate,
    InstalledCertificate,
    LocalTag,
    Outcome,
    RawCall,
    RefreshQuirks,
    RemoteStart,
    RemoteStop,
    ReserveNow,
    Reset,
    SchedulePeriod,
    SendLocalList,
    SetChargingProfile,
    SetNetworkProfile,
    Setting,
    SetVariables,
    ShowCost,
    ShowDefaultPrice,
    ShowFinalCost,
    ShowUserPrice,
    StationRefused,
    StationUntold,
    TriggerMessage,
    Unlock,
    UpdateDynamicSchedule,
    UpdateFirmware,
    VariableName,
)
from tests.ocpp.conftest import House
from tests.ocpp.schemas import check

EXPIRY = datetime(2026, 3, 1, tzinfo=UTC)


def costs(message: str, data: str) -> dict[str, str]:
    """A message of the OCA's application note on prices."""
    return {"vendorId": "org.openchargealliance.costmsg", "messageId": message, "data": data}


PLAIN = ChargingProfile(
    id=1, stack_level=0, purpose="station_max", kind="absolute", unit="W", periods=(SchedulePeriod(0, 11000),)
)
FULL = ChargingProfile(
    id=7,
    stack_level=2,
    purpose="transaction",
    kind="recurring",
    unit="A",
    periods=(SchedulePeriod(0, 16.19, 3), SchedulePeriod(3600, 6.3, 1)),
    duration_s=86400,
    starts_at=datetime(2026, 3, 1, 13, 30, 0, 999, timezone(timedelta(hours=1))),
    min_rate=6.06,
    recurrency="daily",
    valid_from=datetime(2026, 3, 1, tzinfo=UTC),
    valid_to=datetime(2026, 4, 1, tzinfo=UTC),
    transaction_ref="42",
)
FULL_ON_THE_WIRE = {
    "chargingProfileId": 7,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "transactionId": 42,
    "validFrom": "2026-03-01T00:00:00Z",
    "validTo": "2026-04-01T00:00:00Z",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 16.1, "numberPhases": 3},
            {"startPeriod": 3600, "limit": 6.3, "numberPhases": 1},
        ],
        "duration": 86400,
        "startSchedule": "2026-03-01T12:30:00Z",
        "minChargingRate": 6.0,
    },
}

HASH = CertificateHash("SHA256", "aa", "bb", "1f")
WRITTEN_HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1f"}
CALLS = [
    (RemoteStart(id_tag="T"), "RemoteStartTransaction", {"idTag": "T"}),
    (
        RemoteStart(id_tag="T", evse_network_id=2, charging_profile=FULL),
        "RemoteStartTransaction",
        {"idTag": "T", "connectorId": 2, "chargingProfile": FULL_ON_THE_WIRE},
    ),
    (RemoteStop(transaction_ref="42"), "RemoteStopTransaction", {"transactionId": 42}),
    (Reset(kind="hard"), "Reset", {"type": "Hard"}),
    (Reset(kind="soft"), "Reset", {"type": "Soft"}),
    (Unlock(evse_network_id=2), "UnlockConnector", {"connectorId": 2}),
    (ChangeAvailability(operative=True), "ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
    (
        ChangeAvailability(operative=False, evse_network_id=1),
        "ChangeAvailability",
        {"connectorId": 1, "type": "Inoperative"},
    ),
    (
        SetChargingProfile(evse_network_id=1, profile=FULL),
        "SetChargingProfile",
        {"connectorId": 1, "csChargingProfiles": FULL_ON_THE_WIRE},
    ),
    (
        SetChargingProfile(evse_network_id=0, profile=PLAIN),
        "SetChargingProfile",
        {
            "connectorId": 0,
            "csChargingProfiles": {
                "chargingProfileId": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "ChargePointMaxProfile",
                "chargingProfileKind": "Absolute",
                "chargingSchedule": {
                    "chargingRateUnit": "W",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000.0}],
                },
            },
        },
    ),
    (ClearChargingProfile(), "ClearChargingProfile", {}),
    (
        ClearChargingProfile(profile_id=1, evse_network_id=2, purpose="transaction_default", stack_level=0),
        "ClearChargingProfile",
        {"id": 1, "connectorId": 2, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0},
    ),
    (GetConfiguration(), "GetConfiguration", {}),
    (GetConfiguration(keys=("A", "B")), "GetConfiguration", {"key": ["A", "B"]}),
    (GetVariables(variables=(VariableName(key="A"), VariableName(key="B"))), "GetConfiguration", {"key": ["A", "B"]}),
    (ChangeConfiguration(key="K", value="V"), "ChangeConfiguration", {"key": "K", "value": "V"}),
    (
        GetLog(kind="diagnostics", request_id=3, url="ftp://x/y", since=EXPIRY, until=EXPIRY, retries=2),
        "GetDiagnostics",
        {
            "location": "ftp://x/y", "startTime": "2026-03-01T00:00:00Z", "stopTime": "2026-03-01T00:00:00Z",
            "retries": 2,
        },
    ),
    (
        GetLog(kind="security", request_id=3, url="https://x/y", until=EXPIRY, retry_interval_s=60),
        "GetLog",
        {
            "log": {"remoteLocation": "https://x/y", "latestTimestamp": "2026-03-01T00:00:00Z"},
            "logType": "SecurityLog", "requestId": 3, "retryInterval": 60,
        },
    ),
    (
        UpdateFirmware(request_id=4, url="https://x/f", retrieve_at=EXPIRY, retries=1, retry_interval_s=9),
        "UpdateFirmware",
        {"location": "https://x/f", "retrieveDate": "2026-03-01T00:00:00Z", "retries": 1, "retryInterval": 9},
    ),
    (
        UpdateFirmware(
            request_id=4, url="https://x/f", retrieve_at=EXPIRY, signing_certificate="PEM", signature="c2ln"
        ),
        "SignedUpdateFirmware",
        {
            "requestId": 4,
            "firmware": {
                "location": "https://x/f", "retrieveDateTime": "2026-03-01T00:00:00Z", "signingCertificate": "PEM",
                "signature": "c2ln",
            },
        },
    ),
    (
        TriggerMessage(message="LogStatusNotification"),
        "ExtendedTriggerMessage",
        {"requestedMessage": "LogStatusNotification"},
    ),
    (
        InstallCertificate(type="CSMSRootCertificate", certificate="PEM"),
        "InstallCertificate",
        {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"},
    ),
    (DeleteCertificate(hash=HASH), "DeleteCertificate", {"certificateHashData": WRITTEN_HASH}),
    (
        GetInstalledCertificates(types=("ManufacturerRootCertificate",)),
        "GetInstalledCertificateIds",
        {"certificateType": "ManufacturerRootCertificate"},
    ),
    (CertificateSigned(chain="PEM"), "CertificateSigned", {"certificateChain": "PEM"}),
    (TriggerMessage(message="Heartbeat"), "TriggerMessage", {"requestedMessage": "Heartbeat"}),
    (
        TriggerMessage(message="StatusNotification", evse_network_id=1),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "connectorId": 1},
    ),
    (DataTransfer(vendor_id="v"), "DataTransfer", {"vendorId": "v"}),
    (
        DataTransfer(vendor_id="v", message_id="m", data="d"),
        "DataTransfer",
        {"vendorId": "v", "messageId": "m", "data": "d"},
    ),
    (
        ShowUserPrice(id_tag="T", text="0.50 €/kWh"),
        "DataTransfer",
        costs("SetUserPrice", '{"idToken":"T","priceText":"0.50 €/kWh"}'),
    ),
    (
        ShowCost(transaction_ref="7", cost=1.5, at=EXPIRY, meter_wh=1234, idle=False, kwh_price=0.5),
        "DataTransfer",
        costs(
            "RunningCost",
            '{"transactionId":7,"timestamp":"2026-03-01T00:00:00Z","meterValue":1234,"cost":1.5,"state":"Charging",'
            '"chargingPrice":{"kWhPrice":0.5}}',
        ),
    ),
    (
        ShowFinalCost(transaction_ref="7", cost=1.5, text="Thanks"),
        "DataTransfer",
        costs("FinalCost", '{"transactionId":7,"cost":1.5,"priceText":"Thanks"}'),
    ),
    (
        ShowDefaultPrice(text="0.50 €", offline_text="No price"),
        "ChangeConfiguration",
        {"key": "DefaultPrice", "value": '{"priceText":"0.50 €","priceTextOffline":"No price"}'},
    ),
    (ShowDefaultPrice(text=None), "ChangeConfiguration", {"key": "DefaultPrice", "value": '{"priceText":""}'}),
    (
        GetCompositeSchedule(evse_network_id=0, duration_s=3600),
        "GetCompositeSchedule",
        {"connectorId": 0, "duration": 3600},
    ),
    (
        GetCompositeSchedule(evse_network_id=1, duration_s=60, unit="W"),
        "GetCompositeSchedule",
        {"connectorId": 1, "duration": 60, "chargingRateUnit": "W"},
    ),
    (ClearCache(), "ClearCache", {}),
    (GetLocalListVersion(), "GetLocalListVersion", {}),
    (
        SendLocalList(version=3, tags=(LocalTag(id_tag="A"), LocalTag(id_tag="B", expires_at=EXPIRY, parent="user1"))),
        "SendLocalList",
        {
            "listVersion": 3,
            "updateType": "Full",
            "localAuthorizationList": [
                {"idTag": "A", "idTagInfo": {"status": "Accepted"}},
                {
                    "idTag": "B",
                    "idTagInfo": {
                        "status": "Accepted", "expiryDate": "2026-03-01T00:00:00Z", "parentIdTag": "user1",
                    },
                },
            ],
        },
    ),
    (
        SendLocalList(version=4, tags=(LocalTag(id_tag="GONE", admitted=False), LocalTag(id_tag="A")), adds=True),
        "SendLocalList",
        {
            "listVersion": 4,
            "updateType": "Differential",
            "localAuthorizationList": [{"idTag": "GONE"}, {"idTag": "A", "idTagInfo": {"status": "Accepted"}}],
        },
    ),
    (
        SendLocalList(version=4, tags=(), adds=True),
        "SendLocalList",
        {"listVersion": 4, "updateType": "Differential", "localAuthorizationList": []},
    ),
    (
        ReserveNow(reservation_id=5, evse_network_id=2, id_tag="A", expires_at=EXPIRY, parent="user1"),
        "ReserveNow",
        {
            "connectorId": 2, "expiryDate": "2026-03-01T00:00:00Z", "idTag": "A", "reservationId": 5,
            "parentIdTag": "user1",
        },
    ),
    (CancelReservation(reservation_id=5), "CancelReservation", {"reservationId": 5}),
]  # fmt: skip
ANSWERS = {
    "UpdateFirmware": {},
    "GetDiagnostics": {"fileName": "log.gz"},
    "GetConfiguration": {},
    "GetLocalListVersion": {"listVersion": 7},
}
EVERY = {"status": "Accepted"}


@pytest.mark.parametrize(("command", "action", "payload"), CALLS)
async def test_a_command_is_the_call_the_standard_wants(house: House, command: Command, action: str, payload: dict):
    station = await house.station()
    asked = asyncio.create_task(house.gateway.call(1, command))
    kind, _, said, carried = await station.obey(ANSWERS.get(action, EVERY))
    assert (kind, said, carried) == (2, action, payload)
    check(action, carried)
    assert (await asked).agreed


def test_every_command_is_in_the_table_of_1_6_and_tested():
    """A raw call needs no translation; a disconnection and what is odd no message."""
    later = {GetChargingProfiles, GetTransactionStatus, SetNetworkProfile, SetVariables, UpdateDynamicSchedule}
    commands = set(typing.get_args(Command)) - {RawCall, Disconnect, RefreshQuirks} - later
    assert set(OCPP_1_6.commands) == commands
    assert {type(command) for command, _, _ in CALLS} == commands


async def outcome_of(house: House, command: Command, answer: dict) -> Outcome:
    station = await house.station()
    asked = asyncio.create_task(house.gateway.call(1, command))
    await station.obey(answer)
    return await asked


@pytest.mark.parametrize(
    ("status", "agreed"),
    [("Accepted", True), ("RebootRequired", True), ("Rejected", False), ("NotSupported", False)],
)
async def test_an_outcome_keeps_the_status_word(house: House, status: str, agreed: bool):
    outcome = await outcome_of(house, ChangeConfiguration(key="K", value="V"), {"status": status})
    assert (outcome.status, outcome.agreed) == (status, agreed)


async def test_an_outcome_hands_back_settings(house: House):
    known = [{"key": "A", "readonly": True, "value": "1"}, {"key": "Secret", "readonly": False}]
    outcome = await outcome_of(house, GetConfiguration(), {"configurationKey": known, "unknownKey": ["Z"]})
    assert outcome.settings == (Setting("A", "1", True), Setting("Secret", None, False))
    assert outcome.unknown_keys == ("Z",)


async def test_an_outcome_hands_back_a_schedule(house: House):
    period = {"startPeriod": 0, "limit": 16.0, "numberPhases": 3}
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period], "duration": 60}
    asked = GetCompositeSchedule(evse_network_id=1, duration_s=60)
    answer = {"status": "Accepted", "connectorId": 1, "scheduleStart": "2026-03-01T01:00:00+01:00"}
    outcome = await outcome_of(house, asked, answer | {"chargingSchedule": schedule})
    assert outcome.schedule == CompositeSchedule(
        evse_network_id=1, starts_at=EXPIRY, unit="A", periods=(SchedulePeriod(0, 16.0, 3),), duration_s=60
    )


async def test_an_accepted_schedule_may_be_missing(house: House):
    outcome = await outcome_of(house, GetCompositeSchedule(evse_network_id=1, duration_s=60), EVERY)
    assert (outcome.agreed, outcome.schedule) == (True, None)


async def test_an_outcome_hands_back_the_version_of_a_list(house: House):
    assert (await outcome_of(house, GetLocalListVersion(), {"listVersion": -1})).list_version == -1


async def test_an_outcome_hands_back_certificates(house: House):
    asked = GetInstalledCertificates(types=("CSMSRootCertificate",))
    outcome = await outcome_of(house, asked, {"status": "Accepted", "certificateHashData": [WRITTEN_HASH]})
    assert outcome.certificates == (InstalledCertificate(None, HASH),)
    assert (await outcome_of(house, asked, {"status": "NotFound"})).certificates == ()


async def test_a_disconnection_closes_the_socket_with_its_reason(house: House):
    station = await house.station()
    await house.until(lambda: house.gateway.connected(1))
    assert (await house.gateway.call(1, Disconnect(reason="its password was changed"))).agreed
    with pytest.raises(ConnectionClosed) as closed:
        await station.hear()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "its password was changed")


async def test_a_raw_call_goes_out_and_comes_back_as_it_is(house: House):
    odd = {"status": "Perhaps", "more": [1, None]}
    outcome = await outcome_of(house, RawCall(action="Reset", payload={"type": "Hard"}), odd)
    assert (outcome.payload, house.frames[-2][4]) == (odd, "Reset")


async def test_a_raw_call_may_be_one_that_only_the_station_knows(house: House):
    outcome = await outcome_of(house, RawCall(action="MakeCoffee", payload={"sugar": 2}), {"ready": True})
    assert outcome.payload == {"ready": True}


async def test_a_raw_call_that_the_version_knows_otherwise_is_not_sent(house: House):
    station = await house.station()
    with pytest.raises(StationUntold, match="no Reset"):
        await house.gateway.call(1, RawCall(action="Reset", payload={"type": "Medium"}))
    await station.ask("Heartbeat", {})
    assert [frame[4] for frame in house.frames] == ["Heartbeat", "Heartbeat"]


@pytest.mark.parametrize(
    ("kind", "answer", "status", "file_name"),
    [
        ("diagnostics", {"fileName": "d.log"}, "Accepted", "d.log"),
        ("diagnostics", {}, "Rejected", None),
        ("security", {"status": "AcceptedCanceled", "filename": "s.log"}, "AcceptedCanceled", "s.log"),
        ("security", {"status": "Rejected"}, "Rejected", None),
    ],
)
async def test_an_outcome_hands_back_a_file_name(house: House, kind: Any, answer: dict, status: str, file_name: Any):
    outcome = await outcome_of(house, GetLog(kind=kind, request_id=1, url="http://x"), answer)
    assert (outcome.status, outcome.file_name, outcome.agreed) == (status, file_name, status != "Rejected")


async def test_an_outcome_hands_back_data(house: House):
    outcome = await outcome_of(house, DataTransfer(vendor_id="v"), {"status": "UnknownVendorId", "data": "?"})
    assert (outcome.status, outcome.data, outcome.agreed) == ("UnknownVendorId", "?", False)


@pytest.mark.parametrize(
    "command",
    [
        RemoteStart(id_tag="T" * 21),
        Reset(kind="soft", evse_network_id=2),
        TriggerMessage(message="Coffee"),
        RemoteStop(transaction_ref="6f1e"),
        ChangeConfiguration(key="K", value="V" * 501),
    ],
)
async def test_what_1_6_cannot_say_is_refused_before_it_is_sent(house: House, command: Command):
    station = await house.station()
    with pytest.raises(StationRefused):
        await house.gateway.call(1, command)
    await station.ask("Heartbeat", {})
    assert [frame[4] for frame in house.frames] == ["Heartbeat", "Heartbeat"]
