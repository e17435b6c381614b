"""The commands a station obeys in OCPP 1.6, by name."""

from ohmstead.stations.orders import Handler, Orders
from ohmstead.stations.v16 import core, messages, remote, smart_charging, tags

COMMANDS: dict[str, tuple[type[messages.Message], Handler]] = {
    "CancelReservation": (messages.CancelReservation, remote.cancel_reservation),
    "ChangeAvailability": (messages.ChangeAvailability, core.change_availability),
    "ChangeConfiguration": (messages.ChangeConfiguration, core.change_configuration),
    "ClearCache": (messages.ClearCache, tags.clear_cache),
    "ClearChargingProfile": (messages.ClearChargingProfile, smart_charging.clear_charging_profile),
    "DataTransfer": (messages.DataTransfer, core.data_transfer),
    "GetCompositeSchedule": (messages.GetCompositeSchedule, smart_charging.get_composite_schedule),
    "GetConfiguration": (messages.GetConfiguration, core.get_configuration),
    "GetLocalListVersion": (messages.GetLocalListVersion, tags.get_local_list_version),
    "RemoteStartTransaction": (messages.RemoteStartTransaction, remote.remote_start_transaction),
    "RemoteStopTransaction": (messages.RemoteStopTransaction, remote.remote_stop_transaction),
    "ReserveNow": (messages.ReserveNow, remote.reserve_now),
    "Reset": (messages.Reset, core.reset),
    "SendLocalList": (messages.SendLocalList, tags.send_local_list),
    "SetChargingProfile": (messages.SetChargingProfile, smart_charging.set_charging_profile),
    "TriggerMessage": (messages.TriggerMessage, core.trigger_message),
    "UnlockConnector": (messages.UnlockConnector, core.unlock_connector),
}

ORDERS = Orders(
    COMMANDS,
    refusals={"ClearChargingProfile": "Unknown", "SendLocalList": "Failed", "UnlockConnector": "UnlockFailed"},
    without_status=frozenset({"GetConfiguration", "GetLocalListVersion"}),
    missing="OccurenceConstraintViolation",  # spelled so in OCPP-J 1.6
)
