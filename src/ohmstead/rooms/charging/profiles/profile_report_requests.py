"""Asking 2.x stations after a boot which profiles they hold: some lose them, some keep what others laid."""

from datetime import timedelta

import structlog
from sqlalchemy import BigInteger, Integer, bindparam, delete, insert, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.charging.profiles.profile_reconciliation import finish, profile_account, settle
from ohmstead.rooms.devices.durable_facts import ChargePointBooted
from ohmstead.rooms.devices.stations import GetChargingProfiles, StationError, stations
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.store.due_work import DueWork

log = structlog.get_logger("ohmstead.profiles")

SETTLE = timedelta(seconds=5)  # until a station that boots has its answer, and most of its settings are read

_own = profile_account.c
_station = bindparam("station", type_=BigInteger)
_key = bindparam("key", type_=BigInteger)
_now = bindparam("now", type_=_own.asked_at.type)
_IS_LATER = Statement(
    select(charge_point.c.id).where(charge_point.c.id == _station, charge_point.c.ocpp_version != "1.6")
)
_FORGET = Statement(delete(profile_account).where(_own.station_id == _station))
_NEW = Statement(
    insert(profile_account).values(
        station_id=_station, due_at=bindparam("due_at", type_=_own.due_at.type), created_at=_now, updated_at=_now
    )
)
_DUE = Statement(
    select(_own.id, _own.station_id)
    .where(_own.asked_at.is_(None), _own.due_at <= _now)
    .order_by(_own.due_at)
    .limit(bindparam("most", type_=Integer))
)
_ASK = Statement(
    update(profile_account).where(_own.id == _key, _own.asked_at.is_(None)).values(asked_at=_now, updated_at=_now)
)


@on(ChargePointBooted)
async def ask_after_boot(tx: Tx, fact: ChargePointBooted) -> None:
    """Of the accounts of a station the latest is kept. 1.6 has no words to ask."""
    if await tx.one(_IS_LATER, station=fact.id) is None:
        return
    await tx.run(_FORGET, station=fact.id)
    await tx.run(_NEW, station=fact.id, due_at=tx.now + SETTLE, now=tx.now)


class ProfileAccounts(DueWork):
    """Asks for the accounts that have fallen due."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        """The first part may come before the answer, so that we asked is noted before; whoever notes it first asks."""
        key, station_id = row["id"], row["station_id"]
        async with self._database.begin() as tx:
            asked_at = tx.now
            if not await tx.run(_ASK, key=key, now=asked_at):
                return
        try:
            outcome = await stations.current.call(station_id, GetChargingProfiles(request_id=key))
        except StationError as error:
            log.info("charging profiles not told", charge_point_id=station_id, why=str(error))
            async with self._database.begin() as tx:
                await finish(tx, key, str(error))
            return
        if outcome.status == "NoProfiles":
            async with self._database.begin() as tx:
                await settle(tx, key, station_id, asked_at, {})

    async def failed(self, row: Row, error: Exception) -> None:
        """It is asked for again with the next boot."""
        async with self._database.begin() as tx:
            await finish(tx, row["id"], str(error))
