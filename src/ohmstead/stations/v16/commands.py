"""The commands a station obeys in OCPP 1.6, by name: how each is read, and who carries it out."""

from collections.abc import Callable
from typing import Any

import msgspec

from ohmstead.stations.frames import Call, CallError
from ohmstead.stations.v16 import core, messages, remote, smart_charging, tags
from ohmstead.stations.v16.desk import Answer, Desk

Handler = Callable[[Desk, Any], Answer]

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

REFUSALS = {"ClearChargingProfile": "Unknown", "SendLocalList": "Failed", "UnlockConnector": "UnlockFailed"}
"""How a command is refused whose answer knows no Rejected."""

WITHOUT_STATUS = {"GetConfiguration", "GetLocalListVersion"}

_VIOLATIONS = {
    "Object missing required field": "OccurenceConstraintViolation",  # spelled so in OCPP-J 1.6
    "Invalid enum value": "PropertyConstraintViolation",
}


def carry_out(desk: Desk, call: Call) -> Answer:
    """Do what a call asks for. CallError when it cannot be understood."""
    if call.action not in COMMANDS:
        raise CallError(call.id, "NotImplemented", f"{call.action} is not known here")
    shape, handler = COMMANDS[call.action]
    try:
        command = msgspec.convert(call.payload, shape)
    except msgspec.ValidationError as fault:
        codes = (code for words, code in _VIOLATIONS.items() if str(fault).startswith(words))
        raise CallError(call.id, next(codes, "TypeConstraintViolation"), str(fault)) from fault
    return handler(desk, command)


def refuse(call: Call) -> Answer:
    """Do nothing, and say so as the command's answer allows."""
    if call.action in WITHOUT_STATUS:
        raise CallError(call.id, "GenericError", "refused")
    return Answer({"status": REFUSALS.get(call.action, "Rejected")})
