"""The commands of OCPP 2.0.1 that this station understands and has nothing for: display, monitors, customers."""

from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.orders import Handler
from ohmstead.simulator.v201 import messages

WORDS = {
    "ClearDisplayMessage": "Unknown",
    "CustomerInformation": "Rejected",
    "GetDisplayMessages": "Unknown",
    "GetMonitoringReport": "EmptyResultSet",
    "PublishFirmware": "Rejected",
    "SetDisplayMessage": "Rejected",
    "SetMonitoringBase": "NotSupported",
    "SetMonitoringLevel": "Rejected",
    "UnpublishFirmware": "NoFirmware",
}
"""What each answer says."""


def set_variable_monitoring(context: HandlerContext, command: messages.SetVariableMonitoring) -> Answer:
    """Each is declined for itself."""
    told = [
        {
            "status": "UnsupportedMonitorType",
            "type": one.type,
            "severity": one.severity,
            "component": one.component,
            "variable": one.variable,
        }
        for one in command.set_monitoring_data
    ]
    return Answer({"setMonitoringResult": told})


def clear_variable_monitoring(context: HandlerContext, command: messages.ClearVariableMonitoring) -> Answer:
    return Answer({"clearMonitoringResult": [{"status": "NotFound", "id": number} for number in command.id]})


def _declining(word: str) -> tuple[type[messages.Message], Handler]:
    return messages.Wanted, lambda context, command: status(word)


COMMANDS: dict[str, tuple[type[messages.Message], Handler]] = {
    "ClearVariableMonitoring": (messages.ClearVariableMonitoring, clear_variable_monitoring),
    "SetVariableMonitoring": (messages.SetVariableMonitoring, set_variable_monitoring),
} | {action: _declining(word) for action, word in WORDS.items()}
