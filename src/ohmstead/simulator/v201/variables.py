"""The variables of OCPP 2.0.1 (Part 2, appendix 3): the station's settings, each in its component.

They are those that 1.6 calls configuration keys, under other names.
"""

from typing import Any

import msgspec

from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.moments import stamp
from ohmstead.simulator.v201 import messages

KEYS = {
    ("OCPPCommCtrlr", "HeartbeatInterval"): "HeartbeatInterval",
    ("OCPPCommCtrlr", "NetworkConfigurationPriority"): "NetworkConfigurationPriority",
    ("OCPPCommCtrlr", "WebSocketPingInterval"): "WebSocketPingInterval",
    ("SampledDataCtrlr", "TxUpdatedInterval"): "MeterValueSampleInterval",
    ("SampledDataCtrlr", "TxUpdatedMeasurands"): "MeterValuesSampledData",
    ("TxCtrlr", "EVConnectionTimeOut"): "ConnectionTimeOut",
    ("TxCtrlr", "StopTxOnEVSideDisconnect"): "StopTransactionOnEVSideDisconnect",
    ("TxCtrlr", "StopTxOnInvalidId"): "StopTransactionOnInvalidId",
    ("AuthCtrlr", "AuthorizeRemoteStart"): "AuthorizeRemoteTxRequests",
    ("AuthCtrlr", "LocalAuthorizeOffline"): "LocalAuthorizeOffline",
    ("AuthCtrlr", "LocalPreAuthorize"): "LocalPreAuthorize",
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"): "AllowOfflineTxForUnknownId",
    ("AuthCacheCtrlr", "Enabled"): "AuthorizationCacheEnabled",
    ("LocalAuthListCtrlr", "Enabled"): "LocalAuthListEnabled",
    ("LocalAuthListCtrlr", "ItemsPerMessage"): "SendLocalListMaxLength",
    ("SecurityCtrlr", "BasicAuthPassword"): "AuthorizationKey",
    ("SecurityCtrlr", "SecurityProfile"): "SecurityProfile",
    ("SmartChargingCtrlr", "ProfileStackLevel"): "ChargeProfileMaxStackLevel",
    ("SmartChargingCtrlr", "RateUnit"): "ChargingScheduleAllowedChargingRateUnit",
    ("SmartChargingCtrlr", "PeriodsPerSchedule"): "ChargingScheduleMaxPeriods",
    ("SmartChargingCtrlr", "Phases3to1"): "ConnectorSwitch3to1PhaseSupported",
    ("SmartChargingCtrlr", "SupportsDynamicProfiles"): "SupportsDynamicProfiles",
    ("SmartChargingCtrlr", "SupportsMaxOfflineDuration"): "SupportsMaxOfflineDuration",
}
COMPONENTS = {component for component, _ in KEYS}
CHARACTERISTICS = {"SecurityProfile": {"dataType": "integer", "supportsMonitoring": False, "maxLimit": 3}}
STATUSES = {"NotSupported": "UnknownVariable"}
"""What 2.0.1 says where 1.6 has another word."""


def get_variables(context: HandlerContext, command: messages.GetVariables) -> Answer:
    return Answer({"getVariableResult": [_read(context, one) for one in command.get_variable_data]})


def set_variables(context: HandlerContext, command: messages.SetVariables) -> Answer:
    """With a new password the connection is made anew."""
    station, answer = (
        context.station,
        {"setVariableResult": [_write(context, one) for one in command.set_variable_data]},
    )
    if any(one.variable.name == "BasicAuthPassword" for one in command.set_variable_data):
        return Answer(answer, lambda: station.outside.start(station.uplink.line.close()))
    return Answer(answer)


def get_base_report(context: HandlerContext, command: messages.GetBaseReport) -> Answer:
    """The report itself follows in a message of its own."""
    if command.report_base == "SummaryInventory":
        return status("NotSupported")
    trigger = context.triggers["NotifyReport"]
    return status("Accepted", lambda: trigger(command.request_id))


def get_report(context: HandlerContext, command: messages.GetReport) -> Answer:
    """A report of some variables, or of all of a component's; none is chosen by what it is fit for."""
    if command.component_criteria:
        return status("NotSupported")
    wanted = {(one.component.name, one.variable.name if one.variable else None) for one in command.component_variable}
    found = [
        one
        for one in report(context)
        if not wanted or {(one["component"]["name"], name) for name in (one["variable"]["name"], None)} & wanted
    ]
    if not found:
        return status("EmptyResultSet")
    told = {"requestId": command.request_id, "generatedAt": stamp(context.now()), "seqNo": 0, "reportData": found}
    return status("Accepted", lambda: context.post("NotifyReport", told))


def report(context: HandlerContext) -> list[dict[str, Any]]:
    """All variables with what they are now."""
    return [_reported(context, *name) for name in KEYS if _setting(context, *name)]


def _reported(context: HandlerContext, component: str, variable: str) -> dict[str, Any]:
    found = _setting(context, component, variable)
    if "value" in found:
        attribute = {"value": found["value"], "mutability": "ReadOnly" if found["readonly"] else "ReadWrite"}
    else:
        attribute = {"mutability": "WriteOnly"}
    told = {"component": {"name": component}, "variable": {"name": variable}, "variableAttribute": [attribute]}
    return told | ({"variableCharacteristics": CHARACTERISTICS[variable]} if variable in CHARACTERISTICS else {})


def _read(context: HandlerContext, asked: messages.VariableData) -> dict[str, Any]:
    if fault := _fault(asked):
        return _named(asked) | {"attributeStatus": fault}
    found = _setting(context, asked.component.name, asked.variable.name)
    if not found:
        return _named(asked) | {"attributeStatus": "UnknownVariable"}
    if "value" not in found:
        return _named(asked) | {"attributeStatus": "Rejected"}
    return _named(asked) | {"attributeStatus": "Accepted", "attributeValue": found["value"]}


def _write(context: HandlerContext, wanted: messages.VariableData) -> dict[str, Any]:
    if fault := _fault(wanted):
        return _named(wanted) | {"attributeStatus": fault}
    word = context.configuration.write(KEYS[wanted.component.name, wanted.variable.name], wanted.attribute_value)
    return _named(wanted) | {"attributeStatus": STATUSES.get(word, word)}


def _fault(asked: messages.VariableData) -> str | None:
    """What is wrong with the name: each component and variable is there once, with its actual value alone."""
    component, variable = asked.component, asked.variable
    if component.name not in COMPONENTS or component.instance or component.evse:
        return "UnknownComponent"
    if (component.name, variable.name) not in KEYS or variable.instance:
        return "UnknownVariable"
    return None if asked.attribute_type in (None, "Actual") else "NotSupportedAttributeType"


def _named(asked: messages.VariableData) -> dict[str, Any]:
    """The names as they were asked for."""
    parts = {"component": asked.component, "variable": asked.variable, "attributeType": asked.attribute_type}
    return {part: _told(msgspec.to_builtins(name)) for part, name in parts.items() if name is not None}


def _told(part: Any) -> Any:
    return {name: _told(value) for name, value in part.items() if value is not None} if isinstance(part, dict) else part


def _setting(context: HandlerContext, component: str, variable: str) -> dict[str, Any]:
    """Nothing where this station has no such setting."""
    return next(iter(context.configuration.read([KEYS[component, variable]])["configurationKey"]), {})
