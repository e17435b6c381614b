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
    displays,
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
from ohmstead.ocpp.versions import Answer, CommandMapping, Version
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
COMMANDS: dict[type, CommandMapping] = {
    stations.CancelReservation: CommandMapping("CancelReservation", cancel_reservation.request),
    stations.CertificateSigned: CommandMapping("CertificateSigned", certificates.signed),
    stations.ChangeAvailability: CommandMapping("ChangeAvailability", change_availability.request),
    stations.ChangeConfiguration: CommandMapping("ChangeConfiguration", change_configuration.request),
    stations.ClearCache: CommandMapping("ClearCache", clear_cache.request),
    stations.ClearChargingProfile: CommandMapping("ClearChargingProfile", clear_charging_profile.request),
    stations.DataTransfer: CommandMapping("DataTransfer", data_transfer.request, data_transfer.outcome),
    stations.DeleteCertificate: CommandMapping("", certificates.delete, certificates.delete_outcome),
    stations.GetCompositeSchedule: CommandMapping(
        "GetCompositeSchedule", get_composite_schedule.request, get_composite_schedule.outcome
    ),
    stations.GetConfiguration: CommandMapping("GetConfiguration", get_configuration.request, get_configuration.outcome),
    stations.GetInstalledCertificates: CommandMapping("", certificates.ask_installed, certificates.installed),
    stations.GetLocalListVersion: CommandMapping(
        "GetLocalListVersion", get_local_list_version.request, get_local_list_version.outcome
    ),
    stations.GetLog: CommandMapping("", get_log.request, get_log.outcome),
    stations.GetVariables: CommandMapping("GetConfiguration", get_configuration.named, get_configuration.outcome),
    stations.InstallCertificate: CommandMapping("", certificates.install, certificates.install_outcome),
    stations.RemoteStart: CommandMapping("RemoteStartTransaction", remote_start_transaction.request),
    stations.RemoteStop: CommandMapping("RemoteStopTransaction", remote_stop_transaction.request),
    stations.ReserveNow: CommandMapping("ReserveNow", reserve_now.request),
    stations.Reset: CommandMapping("Reset", reset.request),
    stations.SendLocalList: CommandMapping("SendLocalList", send_local_list.request),
    stations.SetChargingProfile: CommandMapping("SetChargingProfile", set_charging_profile.request),
    stations.ShowCost: CommandMapping("DataTransfer", displays.cost, data_transfer.outcome),
    stations.ShowDefaultPrice: CommandMapping("ChangeConfiguration", displays.default_price),
    stations.ShowFinalCost: CommandMapping("DataTransfer", displays.final_cost, data_transfer.outcome),
    stations.ShowUserPrice: CommandMapping("DataTransfer", displays.user_price, data_transfer.outcome),
    stations.TriggerMessage: CommandMapping("", trigger_message.request),
    stations.Unlock: CommandMapping("UnlockConnector", unlock_connector.request),
    stations.UpdateFirmware: CommandMapping("", update_firmware.request, update_firmware.outcome),
}

OCPP_1_6 = Version(DIALECT_1_6, ACTIONS, ANSWERS, COMMANDS, absent.MEANT)
