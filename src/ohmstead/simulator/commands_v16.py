"""The commands a station obeys in OCPP 1.6, by name."""

from ohmstead.simulator import plug_and_charge
from ohmstead.simulator.orders import Handler, Orders
from ohmstead.simulator.v16 import certificates, core, messages, remote, smart_charging, tags, upkeep

COMMANDS: dict[str, tuple[type[messages.Message], Handler]] = {
    "CancelReservation": (messages.CancelReservation, remote.cancel_reservation),
    "CertificateSigned": (messages.CertificateSigned, certificates.certificate_signed),
    "ChangeAvailability": (messages.ChangeAvailability, core.change_availability),
    "ChangeConfiguration": (messages.ChangeConfiguration, core.change_configuration),
    "ClearCache": (messages.ClearCache, tags.clear_cache),
    "ClearChargingProfile": (messages.ClearChargingProfile, smart_charging.clear_charging_profile),
    "DataTransfer": (messages.DataTransfer, plug_and_charge.data_transfer),
    "DeleteCertificate": (messages.DeleteCertificate, certificates.delete_certificate),
    "ExtendedTriggerMessage": (messages.TriggerMessage, core.trigger_message),
    "GetCompositeSchedule": (messages.GetCompositeSchedule, smart_charging.get_composite_schedule),
    "GetConfiguration": (messages.GetConfiguration, core.get_configuration),
    "GetDiagnostics": (messages.GetDiagnostics, upkeep.get_diagnostics),
    "GetInstalledCertificateIds": (
        messages.GetInstalledCertificateIds,
        certificates.get_installed_certificate_ids,
    ),
    "GetLocalListVersion": (messages.GetLocalListVersion, tags.get_local_list_version),
    "GetLog": (messages.GetLog, upkeep.get_log),
    "InstallCertificate": (messages.InstallCertificate, certificates.install_certificate),
    "RemoteStartTransaction": (messages.RemoteStartTransaction, remote.remote_start_transaction),
    "RemoteStopTransaction": (messages.RemoteStopTransaction, remote.remote_stop_transaction),
    "ReserveNow": (messages.ReserveNow, remote.reserve_now),
    "Reset": (messages.Reset, core.reset),
    "SendLocalList": (messages.SendLocalList, tags.send_local_list),
    "SetChargingProfile": (messages.SetChargingProfile, smart_charging.set_charging_profile),
    "SignedUpdateFirmware": (messages.SignedUpdateFirmware, upkeep.signed_update_firmware),
    "TriggerMessage": (messages.TriggerMessage, core.trigger_message),
    "UnlockConnector": (messages.UnlockConnector, core.unlock_connector),
    "UpdateFirmware": (messages.UpdateFirmware, upkeep.update_firmware),
}

ORDERS = Orders(
    COMMANDS,
    refusals={
        "ClearChargingProfile": "Unknown",
        "DeleteCertificate": "Failed",
        "GetInstalledCertificateIds": "NotFound",
        "SendLocalList": "Failed",
        "UnlockConnector": "UnlockFailed",
    },
    without_status=frozenset({"GetConfiguration", "GetDiagnostics", "GetLocalListVersion", "UpdateFirmware"}),
    missing="OccurenceConstraintViolation",  # spelled so in OCPP-J 1.6
)
