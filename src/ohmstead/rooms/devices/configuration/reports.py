"""Reports: what a 2.x station tells of its settings after it was asked for all of them, in parts. A sync ends with the
last one."""

from datetime import timedelta

from sqlalchemy import BigInteger, Integer, Text, bindparam, null, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.devices.configuration.table import configuration_sync
from ohmstead.rooms.devices.configuration.variable_store import keep_told
from ohmstead.rooms.devices.durable_facts import ConfigurationSynced
from ohmstead.rooms.devices.facts import SettingsTold
from ohmstead.rooms.devices.stations import Outcome
from ohmstead.store.due_work import DueWork

PATIENCE = timedelta(minutes=5)
NONE_CAME = "The charge point sent no report."

_own = configuration_sync.c
_now = bindparam("now", type_=_own.report_due_at.type)
_sync = bindparam("sync", type_=BigInteger)
_EXPECT = Statement(update(configuration_sync).where(_own.id == _sync).values(report_due_at=_now + PATIENCE))
_no_longer = update(configuration_sync).values(report_due_at=null(), updated_at=_now).returning(configuration_sync)
_REPORTED = Statement(
    _no_longer.where(_own.charge_point_id == bindparam("station", type_=BigInteger), _own.report_due_at.is_not(None))
)
_DUE = Statement(select(_own.id).where(_own.report_due_at <= _now).limit(bindparam("most", type_=Integer)))
_MISSED = Statement(
    _no_longer.where(_own.id == _sync, _own.report_due_at <= _now).values(error=bindparam("error", type_=Text))
)


async def expect_report(tx: Tx, sync_id: int) -> None:
    """A sync is about to ask for one."""
    await tx.run(_EXPECT, sync=sync_id, now=tx.now)


async def settings_told(tx: Tx, fact: SettingsTold) -> None:
    """Store a part of a report; with the last one the syncs that waited for it are over."""
    if fact.settings:
        told = [Outcome(status="Accepted", settings=fact.settings)]
        await keep_told(tx, fact.charge_point_id, told, everything=False, at=fact.received_at)
    if not fact.more:
        for sync in await tx.all(_REPORTED, station=fact.charge_point_id, now=tx.now):
            tell_synced(tx, sync, None)


def tell_synced(tx: Tx, sync: Row, error: str | None) -> None:
    """Say that a sync is over: with what the station told, or why it did not."""
    request_id = None if sync["after_boot"] else sync["id"]
    tx.tell(ConfigurationSynced(id=sync["charge_point_id"], request_id=request_id, keys=sync["keys"], error=error))


class MissingReports(DueWork):
    """Gives up what no report came for."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        """Unless it has come by now."""
        async with self._database.begin() as tx:
            for sync in await tx.all(_MISSED, sync=row["id"], now=tx.now, error=NONE_CAME):
                tell_synced(tx, sync, NONE_CAME)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again later."""
        async with self._database.begin() as tx:
            await expect_report(tx, row["id"])
