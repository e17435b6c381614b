"""Closing: what waited too long. A remote start that never began, a session whose station is gone for a day."""

from datetime import timedelta

from sqlalchemy import bindparam, func, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.charging.flow.changes import tell
from ohmstead.rooms.charging.reasons import LOST
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.network.charge_points import charge_point

PATIENCE = timedelta(seconds=120)
OUT_OF_REACH = timedelta(hours=24)

_own, _point = session.c, charge_point.c
_now = bindparam("now", type_=_own.stopped_at.type)
_before = bindparam("before", type_=_own.created_at.type)
_EXPIRE = Statement(
    update(session)
    .where(_own.status == "pending", _own.created_at < _before)
    .values(status="expired", reason="timeout", stopped_at=_now, updated_at=_now)
    .returning(session)
)
_heard = func.coalesce(_point.last_seen_at, _point.disconnected_at)
_CLOSE = Statement(
    update(session)
    .where(_own.status == "active", _own.station_id == _point.id, ~_point.connected, _heard < _before)
    .values(status="finished", reason=LOST, power_w=None, updated_at=_now)
    .values(stopped_at=func.greatest(_own.started_at, func.coalesce(_own.metered_at, _heard)))
    .returning(session)
)


async def expire_pending(tx: Tx) -> int:
    """Give up remote starts whose charge did not begin within 120 s; how many there were."""
    rows = await tx.all(_EXPIRE, now=tx.now, before=tx.now - PATIENCE)
    for row in rows:
        tell(tx, row, "stopped")
    return len(rows)


async def close_lost(tx: Tx) -> int:
    """Finish the sessions of stations that were not heard of for 24 h, at their last sign of life; how many."""
    rows = await tx.all(_CLOSE, now=tx.now, before=tx.now - OUT_OF_REACH)
    for row in rows:
        tell(tx, row, "stopped")
    return len(rows)
