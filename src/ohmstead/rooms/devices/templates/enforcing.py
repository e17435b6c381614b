"""Enforcing: what was applied becomes the configuration of a charge point that is in reach."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from sqlalchemy import BigInteger, DateTime, Integer, Interval, Text, and_, bindparam, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Row, Statement
from ohmstead.rooms.devices.configuration.syncing import SETTLE, awaits_sync
from ohmstead.rooms.devices.configuration.table import configuration_template, template_application, template_variable
from ohmstead.rooms.devices.durable_facts import ConfigurationTemplateApplied
from ohmstead.rooms.devices.stations import (
    ChangeConfiguration,
    GetVariables,
    Setting,
    StationError,
    StationOffline,
    StationRefused,
    VariableName,
    stations,
)
from ohmstead.rooms.devices.templates.batch_sizes import Portion, portion_of
from ohmstead.rooms.devices.templates.writing import Writer, identity
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.store.due_work import DueWork, back_off

ONE_BY_ONE = "ocpp 1.6"  # the version that has one variable in a call
PATIENCE_OFFLINE = timedelta(seconds=5)
PATIENCE = timedelta(minutes=1)  # with one that does not answer, twice as long each time
MOST_PATIENCE = timedelta(hours=1)

_own, _variable, _template = template_application.c, template_variable.c, configuration_template.c
_station = bindparam("station", type_=BigInteger)
_now = bindparam("now", type_=DateTime(timezone=True))
_in_reach = and_(charge_point.c.connected, charge_point.c.connected_at <= _now - SETTLE)
_DUE = Statement(
    select(_own.charge_point_id.label("id"), func.max(_own.attempts).label("attempts"))
    .join(charge_point, charge_point.c.id == _own.charge_point_id)
    .where(_own.due_at <= _now, _in_reach, charge_point.c.deleted_at.is_(None), ~awaits_sync(_own.charge_point_id))
    .group_by(_own.charge_point_id)
    .order_by(func.min(_own.due_at))
    .limit(bindparam("most", type_=Integer))
)
_applied = (_own.charge_point_id == _station, or_(_own.persists, _own.due_at.is_not(None)))
_APPLIED = Statement(
    select(template_application, _template.ocpp_version, charge_point.c.ocpp_version.label("spoken"))
    .join(configuration_template, _template.id == _own.configuration_template_id)
    .join(charge_point, charge_point.c.id == _own.charge_point_id)
    .where(*_applied)
    .order_by(_own.asked_at, _own.id)
)
_VARIABLES = Statement(
    select(_own.id.label("application_id"), template_variable)
    .join(template_application, _own.configuration_template_id == _variable.configuration_template_id)
    .where(*_applied)
    .order_by(_own.asked_at, _own.id, _variable.id)
)
_FINISHED = Statement(
    update(template_application)
    .where(_own.id == bindparam("key", type_=BigInteger), _own.due_at == bindparam("due_at", type_=_own.due_at.type))
    .values(due_at=null(), attempts=0, finished_at=_now, updated_at=_now)
    .values(error=bindparam("error", type_=Text), refused=bindparam("refused", type_=JSONB))
)
_POSTPONED = Statement(
    update(template_application)
    .where(_own.charge_point_id == _station, _own.due_at <= _now)
    .values(due_at=_now + bindparam("wait", type_=Interval), attempts=_own.attempts + 1, updated_at=_now)
    .values(error=bindparam("error", type_=Text))
)


class TemplateWork(DueWork):
    """Brings charge points to what was applied to them, each by itself. One that goes, or says nothing, is tried
    again; what it refuses is remembered and not asked again before the next boot."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        """All that is due at one charge point."""
        station_id = row["id"]
        async with self._database.read() as tx:
            applied = await tx.all(_APPLIED, station=station_id)
            variables = await tx.all(_VARIABLES, station=station_id)
            reads, writes = [await portion_of(tx, station_id, action) for action in ("GetVariables", "SetVariables")]
        fitting = {one["id"] for one in applied if _fits(one)}
        changes = _changes([one for one in variables if one["application_id"] in fitting])
        try:
            for one in applied:
                if one["due_at"] is not None and one["due_at"] <= self._clock.now():
                    await self._apply(one, changes.get(one["id"], []), reads, writes)
        except StationOffline as error:
            await self._postpone(station_id, PATIENCE_OFFLINE, error)
        except StationError as error:
            await self._postpone(station_id, _patience(row), error)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again later."""
        await self._postpone(row["id"], _patience(row), error)

    async def _apply(self, one: Row, changes: list[ChangeConfiguration], reads: Portion, writes: Portion) -> None:
        """One template, or what of it the charge point has not."""
        error = None if _fits(one) else f"The charge point speaks OCPP {one['spoken']}."
        station_id = one["charge_point_id"]
        if one["only_differing"]:
            changes = await _differing(station_id, changes, reads)
        writer = Writer(self._database.begin, station_id, None if one["ocpp_version"] == ONE_BY_ONE else writes)
        reasons = await writer.write(changes)
        refused = {_named(change): reasons[identity(change)] for change in changes if identity(change) in reasons}
        async with self._database.begin() as tx:
            await tx.run(_FINISHED, key=one["id"], due_at=one["due_at"], error=error, refused=refused, now=tx.now)
            template_id = one["configuration_template_id"]
            tx.tell(ConfigurationTemplateApplied(id=station_id, template_id=template_id, error=error, refused=refused))

    async def _postpone(self, station_id: int, wait: timedelta, error: Exception) -> None:
        async with self._database.begin() as tx:
            await tx.run(_POSTPONED, station=station_id, now=self._clock.now(), wait=wait, error=str(error))


def _patience(row: Row) -> timedelta:
    return back_off(row["attempts"] + 1, PATIENCE, MOST_PATIENCE)


def _fits(one: Row) -> bool:
    """Whether the template is for the version that the charge point speaks."""
    return one["ocpp_version"] == f"ocpp {one['spoken']}"


def _changes(variables: Sequence[Row]) -> dict[int, list[ChangeConfiguration]]:
    """Application -> what it writes: of several that set the same variable only the latest."""
    latest = {identity(_change(one)): one for one in variables}
    found: dict[int, list[ChangeConfiguration]] = {}
    for one in latest.values():
        found.setdefault(one["application_id"], []).append(_change(one))
    return found


def _change(row: Row) -> ChangeConfiguration:
    return ChangeConfiguration(
        key=row["name"],
        value=row["value"],
        component=row["component"],
        instance=row["variable_instance"],
        component_instance=row["component_instance"],
        evse_network_id=row["evse_id"],
        connector_network_id=row["connector_id"],
        attribute=row["variable_type"],
    )


def _named(change: ChangeConfiguration) -> str:
    return ".".join(filter(None, (change.component, change.key)))


async def _differing(
    station_id: int, changes: Sequence[ChangeConfiguration], portion: Portion
) -> list[ChangeConfiguration]:
    """Those whose value is another at the charge point, or is not told."""
    told = {identity(one): one.value async for one in _told(station_id, changes, portion)}
    return [one for one in changes if told.get(identity(one)) != one.value]


async def _told(station_id: int, names: Sequence[VariableName], portion: Portion) -> AsyncIterator[Setting]:
    """One that takes fewer at once refuses, and is written all."""
    for part in portion.cut(names):
        try:
            outcome = await stations.current.call(station_id, GetVariables(variables=part))
        except StationRefused:
            continue
        for setting in outcome.settings:
            yield setting
