"""The commands a station obeys in OCPP 2.0.1, by name."""

from msgspec import Struct

from ohmstead.simulator.orders import Handler, Orders
from ohmstead.simulator.v16 import certificates as v16_certificates
from ohmstead.simulator.v16 import core as v16_core
from ohmstead.simulator.v16 import messages as v16_messages
from ohmstead.simulator.v16 import remote as v16_remote
from ohmstead.simulator.v16 import tags
from ohmstead.simulator.v16 import upkeep as v16_upkeep
from ohmstead.simulator.v201 import (
    core,
    declined,
    messages,
    remote,
    security,
    smart_charging,
    tokens,
    upkeep,
    variables,
)

COMMANDS: dict[str, tuple[type[Struct], Handler]] = {
    **declined.COMMANDS,
    "CancelReservation": (messages.CancelReservation, v16_remote.cancel_reservation),
    "CertificateSigned": (messages.CertificateSigned, security.certificate_signed),
    "ChangeAvailability": (messages.ChangeAvailability, core.change_availability),
    "ClearCache": (messages.ClearCache, tags.clear_cache),
    "ClearChargingProfile": (messages.ClearChargingProfile, smart_charging.clear_charging_profile),
    "CostUpdated": (messages.CostUpdated, core.cost_updated),
    "DataTransfer": (messages.DataTransfer, v16_core.data_transfer),
    "DeleteCertificate": (messages.DeleteCertificate, v16_certificates.delete_certificate),
    "GetBaseReport": (messages.GetBaseReport, variables.get_base_report),
    "GetChargingProfiles": (messages.GetChargingProfiles, smart_charging.get_charging_profiles),
    "GetCompositeSchedule": (messages.GetCompositeSchedule, smart_charging.get_composite_schedule),
    "GetInstalledCertificateIds": (messages.GetInstalledCertificateIds, security.get_installed_certificate_ids),
    "GetLocalListVersion": (messages.GetLocalListVersion, tokens.get_local_list_version),
    "GetLog": (v16_messages.GetLog, v16_upkeep.get_log),
    "GetReport": (messages.GetReport, variables.get_report),
    "GetTransactionStatus": (messages.GetTransactionStatus, remote.get_transaction_status),
    "GetVariables": (messages.GetVariables, variables.get_variables),
    "InstallCertificate": (messages.InstallCertificate, security.install_certificate),
    "RequestStartTransaction": (messages.RequestStartTransaction, remote.request_start_transaction),
    "RequestStopTransaction": (messages.RequestStopTransaction, remote.request_stop_transaction),
    "ReserveNow": (messages.ReserveNow, remote.reserve_now),
    "Reset": (messages.Reset, core.reset),
    "SendLocalList": (messages.SendLocalList, tokens.send_local_list),
    "SetChargingProfile": (messages.SetChargingProfile, smart_charging.set_charging_profile),
    "SetNetworkProfile": (messages.SetNetworkProfile, security.set_network_profile),
    "SetVariables": (messages.SetVariables, variables.set_variables),
    "TriggerMessage": (messages.TriggerMessage, core.trigger_message),
    "UnlockConnector": (messages.UnlockConnector, core.unlock_connector),
    "UpdateFirmware": (messages.UpdateFirmware, upkeep.update_firmware),
}

REFUSALS = {
    "ClearChargingProfile": "Unknown",
    "GetChargingProfiles": "NoProfiles",
    "DeleteCertificate": "Failed",
    "GetInstalledCertificateIds": "NotFound",
    "SendLocalList": "Failed",
    "UnlockConnector": "UnlockFailed",
}
WITHOUT_STATUS = frozenset(
    {
        "ClearVariableMonitoring",
        "CostUpdated",
        "GetLocalListVersion",
        "GetTransactionStatus",
        "GetVariables",
        "SetVariableMonitoring",
        "SetVariables",
    }
)
ORDERS = Orders(COMMANDS, REFUSALS, WITHOUT_STATUS, missing="OccurrenceConstraintViolation")
