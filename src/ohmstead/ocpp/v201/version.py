"""OCPP 2.0.1: the calls taken from stations and the commands sent to them; for most of them 2.1 has the same."""

from ohmstead.ocpp.v201 import (
    absent,
    acknowledged,
    authorize,
    boot_notification,
    certificate_status,
    certificates,
    change_availability,
    charging_limits,
    charging_needs,
    clear_cache,
    clear_charging_profile,
    data_transfer,
    displays,
    firmware_status_notification,
    get_composite_schedule,
    get_log,
    get_transaction_status,
    heartbeat,
    held_profiles,
    iso15118,
    local_list,
    log_status_notification,
    meter_values,
    notify_event,
    notify_monitoring_report,
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
from ohmstead.ocpp.v201.sequences import Sequences
from ohmstead.ocpp.v201.types import ACTIONS
from ohmstead.ocpp.versions import Answer, CommandMapping, Version
from ohmstead.ocpp.wire import DIALECT_2_0_1
from ohmstead.rooms.devices import stations

ANSWERS: dict[str, Answer] = acknowledged.NOTICES | {
    "Authorize": authorize.answer,
    "BootNotification": boot_notification.answer,
    "ClearedChargingLimit": charging_limits.cleared,
    "DataTransfer": data_transfer.answer,
    "FirmwareStatusNotification": firmware_status_notification.answer,
    "Get15118EVCertificate": iso15118.ev_certificate,
    "GetCertificateStatus": certificate_status.answer,
    "Heartbeat": heartbeat.answer,
    "LogStatusNotification": log_status_notification.answer,
    "MeterValues": meter_values.answer,
    "NotifyChargingLimit": charging_limits.told,
    "NotifyEVChargingNeeds": charging_needs.answer,
    "NotifyEVChargingSchedule": iso15118.charging_schedule,
    "NotifyEvent": notify_event.answer,
    "NotifyMonitoringReport": notify_monitoring_report.answer,
    "NotifyReport": notify_report.answer,
    "ReportChargingProfiles": held_profiles.answer,
    "ReservationStatusUpdate": reservations.ended,
    "SecurityEventNotification": security_event_notification.answer,
    "SignCertificate": sign_certificate.answer,
    "StatusNotification": status_notification.answer,
    "TransactionEvent": transaction_event.answer,
}
COMMANDS: dict[type, CommandMapping] = {
    stations.CancelReservation: CommandMapping("CancelReservation", reservations.cancel),
    stations.CertificateSigned: CommandMapping("CertificateSigned", certificates.signed),
    stations.ChangeAvailability: CommandMapping("ChangeAvailability", change_availability.request),
    stations.ChangeConfiguration: CommandMapping("SetVariables", variables.change, variables.changed),
    stations.ClearCache: CommandMapping("ClearCache", clear_cache.request),
    stations.ClearChargingProfile: CommandMapping("ClearChargingProfile", clear_charging_profile.request),
    stations.DataTransfer: CommandMapping("DataTransfer", data_transfer.request, data_transfer.outcome),
    stations.GetChargingProfiles: CommandMapping("GetChargingProfiles", held_profiles.request),
    stations.DeleteCertificate: CommandMapping("DeleteCertificate", certificates.delete),
    stations.GetCompositeSchedule: CommandMapping(
        "GetCompositeSchedule", get_composite_schedule.request, get_composite_schedule.outcome
    ),
    stations.GetConfiguration: CommandMapping("", variables.ask, variables.told),
    stations.GetInstalledCertificates: CommandMapping(
        "GetInstalledCertificateIds", certificates.ask_installed, certificates.installed
    ),
    stations.GetLocalListVersion: CommandMapping("GetLocalListVersion", local_list.ask_version, local_list.version),
    stations.GetLog: CommandMapping("GetLog", get_log.request, get_log.outcome),
    stations.GetVariables: CommandMapping("GetVariables", variables.named, variables.told),
    stations.GetTransactionStatus: CommandMapping(
        "GetTransactionStatus", get_transaction_status.request, get_transaction_status.outcome
    ),
    stations.InstallCertificate: CommandMapping("InstallCertificate", certificates.install),
    stations.RemoteStart: CommandMapping("RequestStartTransaction", request_start_transaction.request),
    stations.RemoteStop: CommandMapping("RequestStopTransaction", request_stop_transaction.request),
    stations.ReserveNow: CommandMapping("ReserveNow", reservations.reserve),
    stations.Reset: CommandMapping("Reset", reset.request),
    stations.SendLocalList: CommandMapping("SendLocalList", local_list.send),
    stations.SetChargingProfile: CommandMapping("SetChargingProfile", set_charging_profile.request),
    stations.SetNetworkProfile: CommandMapping("SetNetworkProfile", set_network_profile.request),
    stations.SetVariables: CommandMapping("SetVariables", variables.change, variables.changed),
    stations.ShowCost: CommandMapping("CostUpdated", displays.cost, displays.taken),
    stations.ShowDefaultPrice: CommandMapping("", displays.default_price),
    stations.TriggerMessage: CommandMapping("TriggerMessage", trigger_message.request),
    stations.Unlock: CommandMapping("UnlockConnector", unlock_connector.request),
    stations.UpdateFirmware: CommandMapping("UpdateFirmware", update_firmware.request),
}

OCPP_2_0_1 = Version(DIALECT_2_0_1, ACTIONS, ANSWERS, COMMANDS, absent.MEANT, Sequences)
