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
from ohmstead.rooms.devices.stations import (
    Attribute,
    ChangeConfiguration,
    GetConfiguration,
    GetVariables,
    Outcome,
    Setting,
    SetVariables,
    StationRefused,
    VariableName,
)

MOST_INTEGER = 2**31 - 1
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


def named(command: GetVariables) -> GetVariablesRequest:
    return GetVariablesRequest(get_variable_data=[_wanted(one) for one in command.variables])


def told(response: GetVariablesResponse | GetBaseReportResponse) -> Outcome:
    if isinstance(response, GetBaseReportResponse):
        return Outcome(status=response.status)
    known = [one for one in response.get_variable_result if one.attribute_status in ("Accepted", "Rejected")]
    unknown = [one for one in response.get_variable_result if one not in known]
    return Outcome(
        status="Accepted",
        settings=tuple(
            setting(one.component, one.variable, one.attribute_value, readonly=False, attribute=one.attribute_type)
            for one in known
        ),
        unknown_keys=tuple(f"{one.component.name}.{one.variable.name}" for one in unknown),
    )


def change(command: ChangeConfiguration | SetVariables) -> SetVariablesRequest:
    """One, or as many as the command has."""
    changes = command.changes if isinstance(command, SetVariables) else (command,)
    return SetVariablesRequest(set_variable_data=[_written(one) for one in changes])


def changed(response: SetVariablesResponse) -> Outcome:
    results = response.set_variable_result
    return Outcome(
        status=_worst([one.attribute_status for one in results]),
        verdicts=tuple(
            (
                setting(one.component, one.variable, None, readonly=False, attribute=one.attribute_type),
                one.attribute_status,
            )
            for one in results
        ),
    )


def setting(
    component: ComponentType,
    variable: VariableType,
    value: str | None,
    *,
    readonly: bool,
    attribute: Attribute | None = None,
    max_limit: float | None = None,
) -> Setting:
    return Setting(
        key=variable.name,
        value=value,
        readonly=readonly,
        component=component.name,
        instance=variable.instance,
        evse_network_id=component.evse.id if component.evse else None,
        max_limit=int(max_limit) if max_limit is not None and abs(max_limit) <= MOST_INTEGER else None,
        component_instance=component.instance,
        connector_network_id=component.evse.connector_id if component.evse else None,
        attribute=attribute,
    )


def _written(change: ChangeConfiguration) -> SetVariableDataType:
    component, variable = _place(change)
    return SetVariableDataType(
        attribute_value=change.value, component=component, variable=variable, attribute_type=change.attribute
    )


def _wanted(name: VariableName) -> GetVariableDataType:
    component, variable = _place(name)
    return GetVariableDataType(component=component, variable=variable, attribute_type=name.attribute)


def _place(name: VariableName) -> tuple[ComponentType, VariableType]:
    if name.component is None:
        return _named(name.key)
    number, connector = name.evse_network_id, name.connector_network_id
    evse = EVSEType(id=number, connector_id=connector) if number else None
    component = ComponentType(name=name.component, evse=evse, instance=name.component_instance)
    return component, VariableType(name=name.key, instance=name.instance)


def _worst(statuses: Sequence[str]) -> str:
    """One refusal refuses it all."""
    return next((status for status in statuses if status != "Accepted"), "Accepted")


def _named(key: str) -> tuple[ComponentType, VariableType]:
    component, _, variable = key.partition(".")
    if not (component and variable):
        reason = f"OCPP 2.0.1 has a component for each variable; {key!r} is not Component.Variable"
        raise StationRefused(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, reason)
    return ComponentType(name=component), VariableType(name=variable)
