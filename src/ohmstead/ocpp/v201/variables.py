"""GetVariables, SetVariables and GetBaseReport: a station's settings, each a variable of a component.

Where the house names a setting by one word, it is "Component.Variable".
"""

from collections.abc import Sequence

from ohmstead.ocpp.errors import ErrorCode
from ohmstead.ocpp.v201.types import (
    ComponentType,
    EVSEType,
    GetBaseReportRequest,
    GetBaseReportResponse,
    GetVariableDataType,
    GetVariablesRequest,
    GetVariablesResponse,
    SetVariableDataType,
    SetVariablesRequest,
    SetVariablesResponse,
    VariableType,
)
from ohmstead.rooms.network.stations import ChangeConfiguration, GetConfiguration, Outcome, Setting, StationRefused

REPORT = 1
"""The id of reports that we ask for: one at a time, and whichever comes is taken."""


def ask(command: GetConfiguration) -> GetVariablesRequest | GetBaseReportRequest:
    """Some by their keys, or a report of all, which comes later in as many NotifyReports as it takes."""
    if not command.keys:
        return GetBaseReportRequest(request_id=REPORT, report_base="FullInventory")
    wanted = [_named(key) for key in command.keys]
    return GetVariablesRequest(
        get_variable_data=[
            GetVariableDataType(component=component, variable=variable) for component, variable in wanted
        ]
    )


def told(response: GetVariablesResponse | GetBaseReportResponse) -> Outcome:
    if isinstance(response, GetBaseReportResponse):
        return Outcome(status=response.status)
    known = [one for one in response.get_variable_result if one.attribute_status in ("Accepted", "Rejected")]
    unknown = [one for one in response.get_variable_result if one not in known]
    return Outcome(
        status="Accepted",
        settings=tuple(setting(one.component, one.variable, one.attribute_value, readonly=False) for one in known),
        unknown_keys=tuple(f"{one.component.name}.{one.variable.name}" for one in unknown),
    )


def change(command: ChangeConfiguration) -> SetVariablesRequest:
    if command.component is None:
        component, variable = _named(command.key)
    else:
        evse = EVSEType(id=command.evse_network_id) if command.evse_network_id else None
        component = ComponentType(name=command.component, evse=evse)
        variable = VariableType(name=command.key, instance=command.instance)
    return SetVariablesRequest(
        set_variable_data=[SetVariableDataType(attribute_value=command.value, component=component, variable=variable)]
    )


def changed(response: SetVariablesResponse) -> Outcome:
    return Outcome(status=_worst([one.attribute_status for one in response.set_variable_result]))


def setting(component: ComponentType, variable: VariableType, value: str | None, *, readonly: bool) -> Setting:
    """The instance is the variable's, else the component's."""
    return Setting(
        key=variable.name,
        value=value,
        readonly=readonly,
        component=component.name,
        instance=variable.instance or component.instance,
        evse_network_id=component.evse.id if component.evse else None,
    )


def _worst(statuses: Sequence[str]) -> str:
    """One refusal refuses it all."""
    return next((status for status in statuses if status != "Accepted"), "Accepted")


def _named(key: str) -> tuple[ComponentType, VariableType]:
    component, _, variable = key.partition(".")
    if not (component and variable):
        reason = f"OCPP 2.0.1 has a component for each variable; {key!r} is not Component.Variable"
        raise StationRefused(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, reason)
    return ComponentType(name=component), VariableType(name=variable)
