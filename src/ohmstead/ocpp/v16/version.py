"""OCPP 1.6J: the calls taken from stations and the commands sent to them, one row each."""

from ohmstead.ocpp.v16 import (
    absent,
    authorize,
    boot_notification,
    cancel_reservation,
    certificates,
    change_availability,
    change_configuration,
    clear_cache,
    clear_charging_profile,
    data_transfer,
    firmware_status,
    get_composite_schedule,
    get_configuration,
    get_local_list_version,
    get_log,
    heartbeat,
    log_status,
    meter_values,
    remote_start_transaction,
    remote_stop_transaction,
    reserve_now,
    reset,
    security_event_notification,
    send_local_list,
    set_charging_profile,
    sign_certificate,
    start_transaction,
    status_notification,
    stop_transaction,
    trigger_message,
    unlock_connector,
    update_firmware,
)
from ohmstead.ocpp.v16.types import ACTIONS
from ohmstead.ocpp.versions import Answer, Sent, Version
from ohmstead.ocpp.wire import DIALECT_1_6
from ohmstead.rooms.devices import stations

ANSWERS: dict[str, Answer] = {
    "Authorize": authorize.answer,
    "BootNotification": boot_notification.answer,
    "DataTransfer": data_transfer.answer,
    "DiagnosticsStatusNotification": log_status.diagnostics,
    "FirmwareStatusNotification": firmware_status.plain,
    "Heartbeat": heartbeat.answer,
    "LogStatusNotification": log_status.log,
    "MeterValues": meter_values.answer,
    "SecurityEventNotification": security_event_notification.answer,
    "SignCertificate": sign_certificate.answer,
    "SignedFirmwareStatusNotification": firmware_status.signed,
    "StartTransaction": start_transaction.answer,
    "StatusNotification": status_notification.answer,
    "StopTransaction": stop_transaction.answer,
}
COMMANDS: dict[type, Sent] = {
    stations.CancelReservation: Sent("CancelReservation", cancel_reservation.request),
    stations.CertificateSigned: Sent("CertificateSigned", certificates.signed),
    stations.ChangeAvailability: Sent("ChangeAvailability", change_availability.request),
    stations.ChangeConfiguration: Sent("ChangeConfiguration", change_configuration.request),
    stations.ClearCache: Sent("ClearCache", clear_cache.request),
    stations.ClearChargingProfile: Sent("ClearChargingProfile", clear_charging_profile.request),
    stations.DataTransfer: Sent("DataTransfer", data_transfer.request, data_transfer.outcome),
    stations.DeleteCertificate: Sent("", certificates.delete, certificates.delete_outcome),
    stations.GetCompositeSchedule: Sent(
        "GetCompositeSchedule", get_composite_schedule.request, get_composite_schedule.outcome
    ),
    stations.GetConfiguration: Sent("GetConfiguration", get_configuration.request, get_configuration.outcome),
    stations.GetInstalledCertificates: Sent("", certificates.ask_installed, certificates.installed),
    stations.GetLocalListVersion: Sent(
        "GetLocalListVersion", get_local_list_version.request, get_local_list_version.outcome
    ),
    stations.GetLog: Sent("", get_log.request, get_log.outcome),
    stations.GetVariables: Sent("GetConfiguration", get_configuration.named, get_configuration.outcome),
    stations.InstallCertificate: Sent("", certificates.install, certificates.install_outcome),
    stations.RemoteStart: Sent("RemoteStartTransaction", remote_start_transaction.request),
    stations.RemoteStop: Sent("RemoteStopTransaction", remote_stop_transaction.request),
    stations.ReserveNow: Sent("ReserveNow", reserve_now.request),
    stations.Reset: Sent("Reset", reset.request),
    stations.SendLocalList: Sent("SendLocalList", send_local_list.request),
    stations.SetChargingProfile: Sent("SetChargingProfile", set_charging_profile.request),
    stations.TriggerMessage: Sent("", trigger_message.request),
    stations.Unlock: Sent("UnlockConnector", unlock_connector.request),
    stations.UpdateFirmware: Sent("", update_firmware.request, update_firmware.outcome),
}

OCPP_1_6 = Version(DIALECT_1_6, ACTIONS, ANSWERS, COMMANDS, absent.MEANT)
