"""Syncing: fetching a charge point's variables, after each of its boots and whenever somebody asks."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from sqlalchemy import BigInteger, Boolean, Integer, Text, bindparam, case, delete, insert, select, update
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.devices.configuration.reports import expect_report, tell_synced
from ohmstead.rooms.devices.configuration.standard import MOST_KEYS
from ohmstead.rooms.devices.configuration.table import configuration_sync, configuration_variable
from ohmstead.rooms.devices.configuration.variable_store import keep_told
from ohmstead.rooms.devices.durable_facts import ChargePointBooted
from ohmstead.rooms.devices.stations import GetConfiguration, Outcome, StationError, StationRefused, stations
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.store.due_work import DueWork

Begin = Callable[[], AbstractAsyncContextManager[Tx]]

SETTLE = timedelta(seconds=2)  # until a station that boots surely has its answer
MOST = 1000  # keys in one call, where the station does not say

_own = configuration_sync.c
_waiting = (_own.finished_at.is_(None), _own.after_boot)
_ASKED = ("charge_point_id", "keys", "after_boot", "due_at", "created_at", "updated_at")
_ASK = Statement(
    insert(configuration_sync).values({name: bindparam(name) for name in _ASKED}).returning(configuration_sync)
)
_WAITS = Statement(select(_own.id).where(_own.charge_point_id == bindparam("station", type_=BigInteger), *_waiting))
_DUE = Statement(
    select(configuration_sync)
    .where(*_waiting, _own.due_at <= bindparam("now"))
    .order_by(_own.due_at)
    .limit(bindparam("most", type_=Integer))
)
_FINISH = Statement(
    update(configuration_sync)
    .where(_own.id == bindparam("sync", type_=BigInteger))
    .values(finished_at=bindparam("now"), updated_at=bindparam("now"), error=bindparam("error", type_=Text))
    .values(report_due_at=case((bindparam("reports_later", type_=Boolean), _own.report_due_at)))
)
_FORGET = Statement(
    delete(configuration_sync).where(
        _own.charge_point_id == bindparam("station", type_=BigInteger),
        _own.after_boot,
        _own.id < bindparam("sync", type_=BigInteger),
    )
)
_most_keys = select(configuration_variable.c.value).where(
    configuration_variable.c.charge_point_id == charge_point.c.id, configuration_variable.c.name == MOST_KEYS
)
_STATION = Statement(
    select(charge_point.c.ocpp_version, _most_keys.limit(1).scalar_subquery().label("most_keys")).where(
        charge_point.c.id == bindparam("station", type_=BigInteger)
    )
)


def awaits_sync(station_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the sync after a boot of the station is still to come."""
    return select(_own.id).where(_own.charge_point_id == station_id, *_waiting).exists()


async def ask_for(tx: Tx, station_id: int, keys: Sequence[str] = (), after_boot: bool = False) -> Row:
    """A new sync: of some keys, or of all."""
    due_at = tx.now + SETTLE if after_boot else tx.now
    row = await tx.one(
        _ASK, charge_point_id=station_id, keys=list(keys), after_boot=after_boot, due_at=due_at, created_at=tx.now,
        updated_at=tx.now,
    )  # fmt: skip
    assert row is not None
    return row


@on(ChargePointBooted)
async def follow_boot(tx: Tx, fact: ChargePointBooted) -> None:
    """A boot may have brought another configuration; several boots in a row need one sync."""
    if await tx.one(_WAITS, station=fact.id) is None:
        await ask_for(tx, fact.id, after_boot=True)


async def carry_out(begin: Begin, sync: Row) -> StationError | None:
    """Ask the station, without a transaction, and store what it says; or why it said nothing."""
    station_id, failure, outcomes = sync["charge_point_id"], None, []
    async with begin() as tx:
        station = await tx.one(_STATION, station=station_id)
        most = station and station["most_keys"]
        reports = not sync["keys"] and bool(station) and station["ocpp_version"] not in (None, "1.6")
        if reports:
            await expect_report(tx, sync["id"])
    try:
        for keys in _portions(sync["keys"], int(most) if most and most.isdecimal() and int(most) else MOST):
            outcomes.append(await _told(station_id, keys))
    except StationError as error:
        failure = error
    async with begin() as tx:
        everything = failure is None and not sync["keys"] and bool(outcomes[0].settings)
        if failure is None:
            await keep_told(tx, station_id, outcomes, everything)
        await _finish(tx, sync, failure, reports_later=reports and failure is None and not everything)
    return failure


async def _told(station_id: int, keys: tuple[str, ...]) -> Outcome:
    outcome = await stations.current.call(station_id, GetConfiguration(keys=keys))
    if not outcome.agreed:
        raise StationRefused(outcome.status)
    return outcome


async def _finish(tx: Tx, sync: Row, failure: Exception | None, reports_later: bool = False) -> None:
    """Of the syncs after boots the latest is kept, of those asked for all. What a station reports later (2.x) is told
    once it has."""
    error = None if failure is None else str(failure)
    await tx.run(_FINISH, sync=sync["id"], now=tx.now, error=error, reports_later=reports_later)
    if sync["after_boot"]:
        await tx.run(_FORGET, station=sync["charge_point_id"], sync=sync["id"])
    if not reports_later:
        tell_synced(tx, sync, error)


def _portions(keys: Sequence[str], most: int) -> list[tuple[str, ...]]:
    """Lists as long as a station takes them; one empty list asks for everything."""
    return [tuple(keys[start : start + most]) for start in range(0, len(keys), most)] or [()]


class BootSync(DueWork):
    """Carries out the syncs that follow boots."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        """Ask and store."""
        await carry_out(self._database.begin, row)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again with the next boot."""
        async with self._database.begin() as tx:
            await _finish(tx, row, error)
