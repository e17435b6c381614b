"""The variables of a charge point as the API shows them: listed, read, and written through the station."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Text, and_, bindparam, func, or_, select
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid, NotFound
from ohmstead.kit.filters import by_name, equals, selected_filters
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Parameter, Transactions
from ohmstead.kit.views import Opt, ReadOnly, View
from ohmstead.rooms.devices.commands.actions import ask, whole_station
from ohmstead.rooms.devices.configuration.standard import STANDARD
from ohmstead.rooms.devices.configuration.syncing import Begin
from ohmstead.rooms.devices.configuration.table import (
    configuration_variable,
    template_application,
    template_variable,
)
from ohmstead.rooms.devices.configuration.variable_store import keep_taken
from ohmstead.rooms.devices.stations import ChangeConfiguration
from ohmstead.rooms.network.evses import evse

reads = Group("resource / charge points", "resources/charge-points/", "charge-points", access=PARTNERS)

Name = Annotated[str, Meta(max_length=50, extra_json_schema={"anyOf": [{"enum": list(STANDARD)}, {"type": "string"}]})]
BY_NAME = (Parameter("key", Name),)

_own = configuration_variable.c
_FILTERED = {"name": _own.name, "instance": _own.instance, "componentName": _own.component_name, "evseId": evse.c.id}
FILTERS = (
    equals("name", _own.name, doc="The variable's name."),
    equals("instance", _own.instance, doc="The variable's instance (OCPP 2.0.1)."),
    equals("componentName", _own.component_name, doc="The component it belongs to (OCPP 2.0.1)."),
    equals("evseId", evse.c.id, int, doc="The EVSE it belongs to (OCPP 2.0.1)."),
)


def _where_asked(name: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
    value = bindparam("filter_" + name, type_=column.type)
    return or_(value.is_(None), column == value)


_its_evse = and_(
    evse.c.station_id == _own.charge_point_id, evse.c.network_id == _own.evse_number, evse.c.deleted_at.is_(None)
)
_by, _set = template_application.c, template_variable.c
_persistent = (
    select(_by.configuration_template_id)
    .join(template_variable, _set.configuration_template_id == _by.configuration_template_id)
    .where(
        _by.charge_point_id == _own.charge_point_id,
        _by.persists,
        _set.name == _own.name,
        func.coalesce(_set.component, "") == _own.component_name,
        func.coalesce(_set.variable_instance, _set.component_instance, "") == _own.instance,
        func.coalesce(_set.evse_id, 0) == _own.evse_number,
        func.coalesce(_set.variable_type, "Actual") == "Actual",
    )
    .order_by(_by.asked_at.desc(), _by.id.desc())
    .limit(1)
    .scalar_subquery()
)
_variables = (
    select(configuration_variable, evse.c.id.label("evse_id"), _persistent.label("template_id"))
    .join(evse, _its_evse, isouter=True)
    .where(_own.charge_point_id == bindparam("station", type_=BigInteger))
    .order_by(_own.id)
)
_LIST = Statement(_variables.where(*(_where_asked(name, column) for name, column in _FILTERED.items())))
_READ = Statement(_variables.where(_own.name == bindparam("name", type_=Text)).limit(1))
_NOT_FILTERED = {f"filter_{name}": None for name in _FILTERED}


class Key(View):
    name: Name
    value: str
    component_name: Opt[str] = UNSET
    instance: Opt[str] = UNSET
    evse_id: Opt[int] = UNSET
    max_limit: Opt[int | None] = UNSET


class Variable(View):
    key: Opt[Key] = UNSET
    readonly: Opt[bool] = UNSET
    required: Opt[Annotated[bool, Meta(description="Whether every charge point must have it.")]] = UNSET
    reboot_required: Opt[Annotated[bool, Meta(description="It takes effect with the next start.")]] = UNSET
    timestamp: Opt[Annotated[datetime, Meta(description="When the charge point last told or took it.")]] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET
    persistent_configuration_template_id: Opt[
        Annotated[int, Meta(description="The template that gives it its value after every boot.")]
    ] = UNSET


class VariableV1(View):
    key: Opt[Name] = UNSET
    value: Opt[str] = UNSET
    readonly: Opt[bool] = UNSET
    required: Opt[bool] = UNSET
    timestamp: Opt[datetime] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET


class Listed(View):
    data: list[Variable]


class ListedV1(View):
    data: list[VariableV1]


class Found(View):
    data: Variable


class FoundV1(View):
    data: VariableV1


class Change(View):
    value: Opt[Annotated[str, Meta(max_length=2500, description="Needed for the keys of the standard.")]] = UNSET


@reads.get("v2.0/{chargePoint}/configurations", "Charge Point / Configurations / Listing", gives=Listed,
           filters=FILTERS, errors=(401, 403, 404, 422, 429))  # fmt: skip
async def list_variables(call: Call) -> Listed:
    """What the charge point told of its configuration: after its last start, or when it was last asked."""
    _, values = selected_filters(by_name(FILTERS), call.query.filters)
    return Listed(data=[_shown(row) for row in await _rows(call, values)])


@reads.get("v1.0/{chargePoint}/configurations", "Charge Point / Configurations / Listing", gives=ListedV1,
           deprecated=True)  # fmt: skip
async def list_variables_v1(call: Call) -> ListedV1:
    """What the charge point told of its configuration."""
    return ListedV1(data=[_shown_v1(row) for row in await _rows(call, {})])


@reads.get("v2.0/{chargePoint}/configurations/{key}", "Charge Point / Configuration / Read", gives=Found,
           parameters=BY_NAME)  # fmt: skip
async def read_variable(call: Call) -> Found:
    """One variable by its name."""
    return Found(data=_shown(await _row(call, call.tx)))


@reads.get("v1.0/{chargePoint}/configurations/{key}", "Charge Point / Configuration / Read", gives=FoundV1,
           parameters=BY_NAME, deprecated=True)  # fmt: skip
async def read_variable_v1(call: Call) -> FoundV1:
    """One variable by its name."""
    return FoundV1(data=_shown_v1(await _row(call, call.tx)))


@reads.declare("PATCH", "v2.0/{chargePoint}/configurations/{key}", "Charge Point / Configuration / Update",
               scope="write", transactions=Transactions.MANUAL, body=Change, status=200, gives=Found,
               parameters=BY_NAME, errors=(401, 403, 404, 406, 422, 429))  # fmt: skip
async def change_variable(call: Call, change: Change) -> Found:
    """Have the charge point take another value; 406 where it does not, or cannot be asked."""
    return Found(data=_shown(await _changed(call, change)))


@reads.declare("PATCH", "v1.0/{chargePoint}/configurations/{key}", "Charge Point / Configuration / Update",
               scope="write", transactions=Transactions.MANUAL, body=Change, status=200, gives=FoundV1,
               parameters=BY_NAME, errors=(401, 403, 404, 406, 422, 429), deprecated=True)  # fmt: skip
async def change_variable_v1(call: Call, change: Change) -> FoundV1:
    """Have the charge point take another value; 406 where it does not, or cannot be asked."""
    return FoundV1(data=_shown_v1(await _changed(call, change)))


async def _rows(call: Call, filters: dict[str, Any]) -> list[Row]:
    station = await whole_station(call, call.tx)
    return await call.tx.all(_LIST, station=station, **(_NOT_FILTERED | filters))


async def _row(call: Call, tx: Tx) -> Row:
    station = await whole_station(call, tx)
    row = await tx.one(_READ, station=station, name=call.path["key"])
    if row is None:
        raise NotFound.model("Configuration", call.path["key"])
    return row


async def _changed(call: Call, change: Change) -> Row:
    """The variable after the station has taken the change."""
    async with call.begin() as tx:
        row = await _row(call, tx)
    if change.value is UNSET and row["name"] in STANDARD:
        raise Invalid(value="The value field is required.")
    command = ChangeConfiguration(
        key=row["name"],
        value="" if change.value is UNSET else change.value,
        component=row["component_name"] or None,
        instance=row["instance"] or None,
        evse_network_id=row["evse_number"] or None,
    )
    await change_at(call.begin, row["charge_point_id"], command)
    async with call.begin() as tx:
        return await _row(call, tx)


async def change_at(begin: Begin, station_id: int, command: ChangeConfiguration) -> None:
    """Have a station take a value, and keep what it took; Rejected with the reason where it did not."""
    outcome = await ask(station_id, command)
    async with begin() as tx:
        await keep_taken(tx, station_id, command, outcome.status)


def _shown(row: Row) -> Variable:
    limit = row["max_limit"]
    key = Key(
        name=row["name"],
        value=row["value"] or "",
        component_name=row["component_name"] or UNSET,
        instance=row["instance"] or UNSET,
        evse_id=row["evse_id"] or UNSET,
        max_limit=UNSET if limit is None else limit,
    )
    return Variable(
        key=key,
        reboot_required=row["reboot_required"] or UNSET,
        persistent_configuration_template_id=row["template_id"] or UNSET,
        **_common(row),
    )


def _shown_v1(row: Row) -> VariableV1:
    return VariableV1(key=row["name"], value=row["value"] or "", **_common(row))


def _common(row: Row) -> dict[str, Any]:
    return {
        "readonly": row["readonly"],
        "required": row["required"],
        "timestamp": row["reported_at"].replace(microsecond=0),
        "last_updated_at": row["updated_at"].replace(microsecond=0),
    }
