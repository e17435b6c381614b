"""OCPP 2.0.1: the calls taken from stations and the commands sent to them, one row each."""

from ohmstead.ocpp.v201 import (
    acknowledged,
    authorize,
    boot_notification,
    certificates,
    change_availability,
    clear_cache,
    clear_charging_profile,
    data_transfer,
    firmware_status_notification,
    get_composite_schedule,
    get_log,
    heartbeat,
    iso15118,
    local_list,
    log_status_notification,
    meter_values,
    notify_report,
    request_start_transaction,
    request_stop_transaction,
    reservations,
    reset,
    security_event_notification,
    set_charging_profile,
    set_network_profile,
    sign_certificate,
    status_notification,
    transaction_event,
    trigger_message,
    unlock_connector,
    update_firmware,
    variables,
)
from ohmstead.ocpp.v201.types import ACTIONS
from ohmstead.ocpp.versions import Answer, Sent, Version
from ohmstead.ocpp.wire import DIALECT_2_0_1
from ohmstead.rooms.network import stations

ANSWERS: dict[str, Answer] = acknowledged.NOTICES | {
    "Authorize": authorize.answer,
    "BootNotification": boot_notification.answer,
    "DataTransfer": data_transfer.answer,
    "FirmwareStatusNotification": firmware_status_notification.answer,
    "Get15118EVCertificate": iso15118.ev_certificate,
    "GetCertificateStatus": iso15118.certificate_status,
    "Heartbeat": heartbeat.answer,
    "LogStatusNotification": log_status_notification.answer,
    "MeterValues": meter_values.answer,
    "NotifyEVChargingNeeds": iso15118.charging_needs,
    "NotifyEVChargingSchedule": iso15118.charging_schedule,
    "NotifyReport": notify_report.answer,
    "SecurityEventNotification": security_event_notification.answer,
    "SignCertificate": sign_certificate.answer,
    "StatusNotification": status_notification.answer,
    "TransactionEvent": transaction_event.answer,
}
COMMANDS: dict[type, Sent] = {
    stations.CancelReservation: Sent("CancelReservation", reservations.cancel),
    stations.CertificateSigned: Sent("CertificateSigned", certificates.signed),
    stations.ChangeAvailability: Sent("ChangeAvailability", change_availability.request),
    stations.ChangeConfiguration: Sent("SetVariables", variables.change, variables.changed),
    stations.ClearCache: Sent("ClearCache", clear_cache.request),
    stations.ClearChargingProfile: Sent("ClearChargingProfile", clear_charging_profile.request),
    stations.DataTransfer: Sent("DataTransfer", data_transfer.request, data_transfer.outcome),
    stations.DeleteCertificate: Sent("DeleteCertificate", certificates.delete),
    stations.GetCompositeSchedule: Sent(
        "GetCompositeSchedule", get_composite_schedule.request, get_composite_schedule.outcome
    ),
    stations.GetConfiguration: Sent("", variables.ask, variables.told),
    stations.GetInstalledCertificates: Sent(
        "GetInstalledCertificateIds", certificates.ask_installed, certificates.installed
    ),
    stations.GetLocalListVersion: Sent("GetLocalListVersion", local_list.ask_version, local_list.version),
    stations.GetLog: Sent("GetLog", get_log.request, get_log.outcome),
    stations.InstallCertificate: Sent("InstallCertificate", certificates.install),
    stations.RemoteStart: Sent("RequestStartTransaction", request_start_transaction.request),
    stations.RemoteStop: Sent("RequestStopTransaction", request_stop_transaction.request),
    stations.ReserveNow: Sent("ReserveNow", reservations.reserve),
    stations.Reset: Sent("Reset", reset.request),
    stations.SendLocalList: Sent("SendLocalList", local_list.send),
    stations.SetChargingProfile: Sent("SetChargingProfile", set_charging_profile.request),
    stations.SetNetworkProfile: Sent("SetNetworkProfile", set_network_profile.request),
    stations.TriggerMessage: Sent("TriggerMessage", trigger_message.request),
    stations.Unlock: Sent("UnlockConnector", unlock_connector.request),
    stations.UpdateFirmware: Sent("UpdateFirmware", update_firmware.request),
}

OCPP_2_0_1 = Version(DIALECT_2_0_1, ACTIONS, ANSWERS, COMMANDS)
