"""Each command becomes the right call of 2.0.1, valid by the schemas of the standard, and its answer the outcome."""

import asyncio
import typing
from datetime import UTC, datetime
from typing import Any

import pytest

from ohmstead.engines.pki import CertificateHash
from ohmstead.ocpp.v201.types import ACTIONS
from ohmstead.ocpp.v201.version import ANSWERS, COMMANDS
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
    TriggerMessage,
    Unlock,
    UpdateDynamicSchedule,
    UpdateFirmware,
    VariableName,
)
from tests.ocpp.conftest import House
from tests.ocpp.schemas import check, example

AT = datetime(2026, 3, 1, 12, 30, 0, 999, UTC)
WHEN = "2026-03-01T12:30:00Z"
PROFILE = ChargingProfile(
    id=7, stack_level=2, purpose="transaction", kind="absolute", unit="A", periods=(SchedulePeriod(0, 16.19, 3),),
    starts_at=AT, transaction_ref="tx-1",
)  # fmt: skip
SCHEDULE = {
    "id": 7, "chargingRateUnit": "A", "startSchedule": WHEN,
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.1, "numberPhases": 3}],
}  # fmt: skip
WRITTEN = {
    "id": 7, "stackLevel": 2, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Absolute",
    "transactionId": "tx-1", "chargingSchedule": [SCHEDULE],
}  # fmt: skip
CENTRAL = {"idToken": "*0000001", "type": "Central"}
CARD = {"idToken": "TAG", "type": "ISO14443"}
OK = {"status": "Accepted"}
HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
CABLE_LIMIT: dict[str, Any] = {
    "key": "Limit", "instance": "warm", "component": "Connector", "component_instance": "left", "evse_network_id": 2,
    "connector_network_id": 1, "attribute": "MaxSet",
}  # fmt: skip
CABLE_LIMIT_SENT = {
    "component": {"name": "Connector", "instance": "left", "evse": {"id": 2, "connectorId": 1}},
    "variable": {"name": "Limit", "instance": "warm"}, "attributeType": "MaxSet",
}  # fmt: skip

HASH = CertificateHash("SHA256", "aa", "bb", "1f")
WRITTEN_HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1f"}

CASES: list[tuple[Any, str, dict, dict]] = [
    (RemoteStart(id_tag="*0000001", order=1, evse_network_id=2, charging_profile=PROFILE), "RequestStartTransaction",
     {"idToken": CENTRAL, "remoteStartId": 1, "evseId": 2, "chargingProfile": WRITTEN}, OK),
    (RemoteStop(transaction_ref="tx-1"), "RequestStopTransaction", {"transactionId": "tx-1"}, OK),
    (Reset(kind="hard"), "Reset", {"type": "Immediate"}, OK),
    (Reset(kind="soft"), "Reset", {"type": "OnIdle"}, {"status": "Scheduled"}),
    (Reset(kind="hard", evse_network_id=2), "Reset", {"type": "Immediate", "evseId": 2}, OK),
    (Unlock(evse_network_id=2), "UnlockConnector", {"evseId": 2, "connectorId": 1}, {"status": "Unlocked"}),
    (ChangeAvailability(operative=False), "ChangeAvailability", {"operationalStatus": "Inoperative"}, OK),
    (ChangeAvailability(operative=True, evse_network_id=2), "ChangeAvailability",
     {"operationalStatus": "Operative", "evse": {"id": 2}}, OK),
    (SetChargingProfile(evse_network_id=2, profile=PROFILE), "SetChargingProfile",
     {"evseId": 2, "chargingProfile": WRITTEN}, OK),
    (ClearChargingProfile(profile_id=7), "ClearChargingProfile", {"chargingProfileId": 7}, OK),
    (ClearChargingProfile(evse_network_id=2, purpose="transaction_default"), "ClearChargingProfile",
     {"chargingProfileCriteria": {"evseId": 2, "chargingProfilePurpose": "TxDefaultProfile"}}, OK),
    (GetConfiguration(), "GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}, OK),
    (ChangeConfiguration(key="HeartbeatInterval", component="OCPPCommCtrlr", value="60"), "SetVariables",
     {"setVariableData": [{"attributeValue": "60", **HEARTBEAT}]},
     {"setVariableResult": [{"attributeStatus": "Accepted", **HEARTBEAT}]}),
    (ChangeConfiguration(**CABLE_LIMIT, value="16"), "SetVariables",
     {"setVariableData": [{"attributeValue": "16", **CABLE_LIMIT_SENT}]},
     {"setVariableResult": [{"attributeStatus": "RebootRequired", **CABLE_LIMIT_SENT}]}),
    (SetVariables(changes=(ChangeConfiguration(key="HeartbeatInterval", component="OCPPCommCtrlr", value="60"),
                           ChangeConfiguration(**CABLE_LIMIT, value="16"))), "SetVariables",
     {"setVariableData": [{"attributeValue": "60", **HEARTBEAT}, {"attributeValue": "16", **CABLE_LIMIT_SENT}]},
     {"setVariableResult": [{"attributeStatus": "Accepted", **HEARTBEAT},
                            {"attributeStatus": "RebootRequired", **CABLE_LIMIT_SENT}]}),
    (GetVariables(variables=(VariableName(**CABLE_LIMIT),)), "GetVariables",
     {"getVariableData": [CABLE_LIMIT_SENT]},
     {"getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "16", **CABLE_LIMIT_SENT}]}),
    (TriggerMessage(message="StatusNotification", evse_network_id=2), "TriggerMessage",
     {"requestedMessage": "StatusNotification", "evse": {"id": 2, "connectorId": 1}}, OK),
    (DataTransfer(vendor_id="V", data="x"), "DataTransfer", {"vendorId": "V", "data": "x"}, OK),
    (ClearCache(), "ClearCache", {}, OK),
    (ShowCost(transaction_ref="tx-1", cost=1.5, at=AT, meter_wh=1234, idle=True, kwh_price=0.5), "CostUpdated",
     {"totalCost": 1.5, "transactionId": "tx-1"}, {}),
    (ShowDefaultPrice(text="0.50 €"), "SetDisplayMessage",
     {"message": {"id": 1, "priority": "NormalCycle", "state": "Idle",
                  "message": {"format": "UTF8", "content": "0.50 €"}}}, OK),
    (ShowDefaultPrice(text=None), "ClearDisplayMessage", {"id": 1}, OK),
    (SendLocalList(version=3, tags=(LocalTag(id_tag="TAG", expires_at=AT, parent="P"),)), "SendLocalList",
     {"versionNumber": 3, "updateType": "Full", "localAuthorizationList": [{
         "idToken": CARD, "idTokenInfo": {"status": "Accepted", "cacheExpiryDateTime": WHEN,
                                          "groupIdToken": {"idToken": "P", "type": "Central"}}}]}, OK),
    (SendLocalList(version=4, tags=()), "SendLocalList", {"versionNumber": 4, "updateType": "Full"}, OK),
    (SendLocalList(version=5, tags=(LocalTag(id_tag="GONE", admitted=False), LocalTag(id_tag="TAG")), adds=True),
     "SendLocalList",
     {"versionNumber": 5, "updateType": "Differential", "localAuthorizationList": [
         {"idToken": {"idToken": "GONE", "type": "ISO14443"}},
         {"idToken": CARD, "idTokenInfo": {"status": "Accepted"}}]}, OK),
    (SendLocalList(version=6, tags=(LocalTag(id_tag="OLD", is_emaid=True, admitted=False),
                                    LocalTag(id_tag="NEW", is_emaid=True)), adds=True), "SendLocalList",
     {"versionNumber": 6, "updateType": "Differential", "localAuthorizationList": [
         {"idToken": {"idToken": "OLD", "type": "eMAID"}},
         {"idToken": {"idToken": "NEW", "type": "eMAID"}, "idTokenInfo": {"status": "Accepted"}}]}, OK),
    (ReserveNow(reservation_id=5, evse_network_id=2, id_tag="TAG", expires_at=AT), "ReserveNow",
     {"id": 5, "expiryDateTime": WHEN, "idToken": CARD, "evseId": 2}, OK),
    (CancelReservation(reservation_id=5), "CancelReservation", {"reservationId": 5}, OK),
    (GetLog(kind="security", request_id=9, url="https://a/b", since=AT), "GetLog",
     {"log": {"remoteLocation": "https://a/b", "oldestTimestamp": WHEN}, "logType": "SecurityLog", "requestId": 9},
     OK),
    (UpdateFirmware(request_id=9, url="https://a/b", retrieve_at=AT), "UpdateFirmware",
     {"requestId": 9, "firmware": {"location": "https://a/b", "retrieveDateTime": WHEN}}, OK),
    (InstallCertificate(type="V2GRootCertificate", certificate="PEM"), "InstallCertificate",
     {"certificateType": "V2GRootCertificate", "certificate": "PEM"}, OK),
    (DeleteCertificate(hash=HASH), "DeleteCertificate", {"certificateHashData": WRITTEN_HASH}, OK),
    (GetInstalledCertificates(), "GetInstalledCertificateIds", {}, OK),
    (GetInstalledCertificates(types=("MORootCertificate",)), "GetInstalledCertificateIds",
     {"certificateType": ["MORootCertificate"]}, OK),
    (CertificateSigned(chain="PEM"), "CertificateSigned",
     {"certificateChain": "PEM", "certificateType": "ChargingStationCertificate"}, OK),
    (SetNetworkProfile(slot=2, url="wss://a/b", security_profile=2), "SetNetworkProfile",
     {"configurationSlot": 2, "connectionData": {
         "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "wss://a/b", "messageTimeout": 60,
         "securityProfile": 2, "ocppInterface": "Wired0"}}, OK),
]  # fmt: skip


async def sent(house: House, command: Any, answer: dict) -> tuple[list, Outcome]:
    station = await house.later_station()
    await house.until(lambda: house.gateway.connected(1))
    outcome = asyncio.create_task(house.gateway.call(1, command))
    call = await station.obey(answer)
    return call, await outcome


@pytest.mark.parametrize(("command", "action", "payload", "answer"), CASES)
async def test_a_command_on_the_wire(house: House, command: Any, action: str, payload: dict, answer: dict):
    call, outcome = await sent(house, command, answer)
    assert call[2:] == [action, payload]
    check(f"{action}Request", call[3], "v201")
    check(f"{action}Response", answer, "v201")
    assert outcome.agreed


def test_every_command_is_known():
    """A raw call needs no translation; a disconnection and what is odd no message; displays are told in answers."""
    others = {RawCall, Disconnect, RefreshQuirks, UpdateDynamicSchedule, ShowUserPrice, ShowFinalCost}
    assert set(COMMANDS) == set(typing.get_args(Command)) - others


async def test_installed_certificates(house: House):
    chain = {"certificateType": "V2GCertificateChain", "certificateHashData": WRITTEN_HASH,
             "childCertificateHashData": [WRITTEN_HASH | {"serialNumber": "20"}]}  # fmt: skip
    _, outcome = await sent(house, GetInstalledCertificates(), OK | {"certificateHashDataChain": [chain]})
    assert outcome.certificates == (InstalledCertificate("V2GCertificateChain", HASH),)


async def test_variables_by_name(house: House):
    known = {"attributeStatus": "Accepted", "attributeValue": "60", **HEARTBEAT}
    unknown = {"attributeStatus": "UnknownVariable", "component": {"name": "TxCtrlr"}, "variable": {"name": "No"}}
    answer = {"getVariableResult": [known, unknown]}
    call, outcome = await sent(house, GetConfiguration(keys=("OCPPCommCtrlr.HeartbeatInterval", "TxCtrlr.No")), answer)
    check("GetVariablesRequest", call[3], "v201")
    assert outcome.settings == (Setting("HeartbeatInterval", "60", False, component="OCPPCommCtrlr"),)
    assert outcome.unknown_keys == ("TxCtrlr.No",)


async def test_a_variable_is_told_with_its_whole_name(house: House):
    answer = {"getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "16", **CABLE_LIMIT_SENT}]}
    _, outcome = await sent(house, GetVariables(variables=(VariableName(**CABLE_LIMIT),)), answer)
    [told] = outcome.settings
    assert (told.value, {name: getattr(told, name) for name in CABLE_LIMIT}) == ("16", CABLE_LIMIT)


async def test_a_variable_that_was_refused(house: House):
    command = ChangeConfiguration(key="HeartbeatInterval", component="OCPPCommCtrlr", value="x")
    _, outcome = await sent(house, command, {"setVariableResult": [{"attributeStatus": "Rejected", **HEARTBEAT}]})
    assert (outcome.status, outcome.agreed) == ("Rejected", False)


async def test_each_of_many_variables_has_its_verdict(house: House):
    changes = (ChangeConfiguration(key="HeartbeatInterval", component="OCPPCommCtrlr", value="x"),
               ChangeConfiguration(**CABLE_LIMIT, value="16"))  # fmt: skip
    results = [{"attributeStatus": "Accepted", **CABLE_LIMIT_SENT}, {"attributeStatus": "Rejected", **HEARTBEAT}]
    _, outcome = await sent(house, SetVariables(changes=changes), {"setVariableResult": results})
    assert outcome.status == "Rejected"
    assert [(one.key, one.component_instance, status) for one, status in outcome.verdicts] == [
        (CABLE_LIMIT["key"], CABLE_LIMIT["component_instance"], "Accepted"), ("HeartbeatInterval", None, "Rejected"),
    ]  # fmt: skip


async def test_a_composite_schedule(house: House):
    periods = [{"startPeriod": 0, "limit": 16, "numberPhases": 3}]
    schedule = {"evseId": 2, "duration": 60, "scheduleStart": WHEN, "chargingRateUnit": "A"}
    answer = OK | {"schedule": schedule | {"chargingSchedulePeriod": periods}}
    call, outcome = await sent(house, GetCompositeSchedule(evse_network_id=2, duration_s=60), answer)
    check("GetCompositeScheduleRequest", call[3], "v201")
    assert outcome.schedule == CompositeSchedule(
        evse_network_id=2, starts_at=AT.replace(microsecond=0), unit="A", periods=(SchedulePeriod(0, 16, 3),),
        duration_s=60,
    )  # fmt: skip


async def test_the_version_of_the_local_list(house: House):
    _, outcome = await sent(house, GetLocalListVersion(), {"versionNumber": 7})
    assert outcome.list_version == 7


async def test_a_message_that_the_standard_does_not_list_is_not_sent(house: House):
    await house.later_station()
    await house.until(lambda: house.gateway.connected(1))
    with pytest.raises(StationRefused):
        await house.gateway.call(1, TriggerMessage(message="Coffee"))
    with pytest.raises(StationRefused, match=r"Component\.Variable"):
        await house.gateway.call(1, ChangeConfiguration(key="HeartbeatInterval", value="1"))


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - set(ANSWERS) | {"DataTransfer"}))
async def test_every_call_that_is_ours_can_be_sent(house: House, action: str):
    payload, answer = example(f"{action}Request", True, "v201"), example(f"{action}Response", True, "v201")
    call, outcome = await sent(house, RawCall(action=action, payload=payload), answer)
    assert (call[2:], outcome.payload) == ([action, payload], answer)
    assert house.deviations() == []


async def test_which_profiles_it_holds(house: House):
    call, outcome = await sent(house, GetChargingProfiles(request_id=9), {"status": "NoProfiles"})
    wanted = {"requestId": 9, "chargingProfile": {"chargingLimitSource": ["CSO"]}}
    assert (call[2:], outcome.status, outcome.agreed) == (["GetChargingProfiles", wanted], "NoProfiles", False)
    check("GetChargingProfilesRequest", call[3], "v201")


@pytest.mark.parametrize(
    ("answer", "goes_on", "untold"),
    [({"messagesInQueue": True, "ongoingIndicator": False}, False, True), ({"messagesInQueue": False}, None, False)],
)
async def test_whether_a_transaction_goes_on(house: House, answer: dict[str, Any], goes_on: bool | None, untold: bool):
    call, outcome = await sent(house, GetTransactionStatus(transaction_ref="tx-1"), answer)
    assert call[2:] == ["GetTransactionStatus", {"transactionId": "tx-1"}]
    assert (outcome.goes_on, outcome.untold) == (goes_on, untold)
