"""Watching: once a minute, downtime of charge points and EVSEs is opened and closed by what their statuses say."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Text, and_, bindparam, case, func, literal, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Statement, Tx
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.downtime import statuses
from ohmstead.rooms.network.downtime.table import downtime_period
from ohmstead.rooms.network.evses import evse

EVERY = timedelta(minutes=1)

_own, _point = downtime_period.c, charge_point.c
_now = bindparam("now", type_=DateTime(timezone=True))
_looked = bindparam("looked_at", type_=DateTime(timezone=True))  # when it was last looked; None: not since the start
_open = and_(_own.entry_mode == "automatic", _own.ended_at.is_(None))


def _entering(
    evse_id: ColumnElement[Any],
    its: ColumnElement[bool],
    down: ColumnElement[bool],
    since: ColumnElement[Any],
    shown: ColumnElement[Any],
) -> Statement:
    """What is down, and none of `its` periods says so, enters one: when it went down, but not before the last look."""
    automatic = and_(its, _own.entry_mode == "automatic")
    ended = select(func.max(_own.ended_at)).where(automatic).scalar_subquery()
    row = {
        "charge_point_id": _point.id,
        "evse_id": evse_id,
        "location_id": _point.location_id,
        "partner_id": _point.partner_id,
        "entry_mode": literal("automatic", Text),
        "type": literal("downtime", Text),
        "statuses": shown,
        "started_at": func.least(_now, func.greatest(func.coalesce(since, _now), _looked, ended)),
        "created_at": _now,
        "updated_at": _now,
    }
    said = select(_own.id).where(automatic, _own.ended_at.is_(None)).exists()
    found = select(*row.values()).where(down, ~said)
    return Statement(insert(downtime_period).from_select(list(row), found).on_conflict_do_nothing())


def _leaving(watched: ColumnElement[bool], down: ColumnElement[bool], recovered: ColumnElement[Any]) -> Any:
    """What is usable again, or no longer watched, leaves its period: when it recovered, if that was told since the
    last look."""
    told = and_(watched, recovered >= func.coalesce(_looked, _own.started_at))
    left = func.greatest(_own.started_at, case((told, func.least(recovered, _now)), else_=_now))
    return update(downtime_period).where(_open, ~and_(watched, down)).values(ended_at=left, updated_at=_now)


_ENTER = _entering(
    null().cast(BigInteger),
    and_(_own.charge_point_id == _point.id, _own.evse_id.is_(None)),
    and_(statuses.WATCHED, statuses.DOWN),
    statuses.SINCE,
    statuses.STATUSES,
)
_ENTER_EVSES = _entering(
    evse.c.id,
    _own.evse_id == evse.c.id,
    and_(evse.c.charge_point_id == _point.id, statuses.WATCHED_EVSE, statuses.DOWN_EVSE),
    statuses.SINCE_EVSE,
    statuses.STATUSES_OF_EVSE,
)
_LEAVE = Statement(
    _leaving(statuses.WATCHED, statuses.DOWN, statuses.RECOVERED).where(
        _own.evse_id.is_(None), _point.id == _own.charge_point_id
    )
)
_LEAVE_EVSES = Statement(
    _leaving(statuses.WATCHED_EVSE, statuses.DOWN_EVSE, statuses.RECOVERED_EVSE).where(
        evse.c.id == _own.evse_id, _point.id == evse.c.charge_point_id
    )
)


async def look(tx: Tx, looked_at: datetime | None) -> None:
    """Bring the automatic periods up to what the statuses say now; `looked_at` is when that was last done."""
    for statement in (_LEAVE, _LEAVE_EVSES, _ENTER, _ENTER_EVSES):
        await tx.run(statement, now=tx.now, looked_at=looked_at)


class DowntimeWatch:
    """Looks once a minute: what lasts shorter and goes unnoticed is no downtime."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def run(self) -> None:
        """For ever."""
        looked_at: datetime | None = None
        while True:
            await self._clock.sleep(EVERY.total_seconds())
            async with self._database.begin() as tx:
                await look(tx, looked_at)
                looked_at = tx.now
