"""Needs from vehicles, told through their stations (2.x): kept with the session, or until it begins.

A vehicle asks once it may charge, but the station may tell of that before its transaction, or after a silence. What was
told where nobody charges is the next session's at the EVSE, unless the cable is out before.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import Insert, insert

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.charging.facts import NeedsTold, NeedsVerdict
from ohmstead.rooms.charging.needs.table import vehicle_needs
from ohmstead.rooms.charging.profiles.table import limited_by_us
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.signals import schedule_awaited, session_changed
from ohmstead.rooms.devices.durable_facts import EvseStatusChanged
from ohmstead.rooms.network.evses import evse

AHEAD = timedelta(hours=1)
"""So long before the start of its session needs may be told."""

_own, _charge = vehicle_needs.c, session.c
_evse = bindparam("evse", type_=BigInteger)
_at = bindparam("at", type_=_own.told_at.type)
_since = bindparam("since", type_=_own.told_at.type)
_then = and_(
    or_(_charge.status == "active", _charge.status == "finished"),
    _charge.started_at <= _at + AHEAD,
    or_(_charge.stopped_at.is_(None), _charge.stopped_at > _at),
)
_distance = func.abs(func.extract("epoch", _charge.started_at - _at))
_PLACE = Statement(
    select(evse.c.id, evse.c.charge_point_id, _charge.id.label("session_id"), _charge.status, _charge.energy_wh)
    .outerjoin(session, (_charge.evse_id == evse.c.id) & or_(_charge.status == "active", _at.is_not(None) & _then))
    .where(evse.c.station_id == bindparam("station"), evse.c.network_id == bindparam("number", type_=Integer))
    .where(evse.c.deleted_at.is_(None))
    .order_by((_charge.started_at <= _at).desc().nulls_last(), _distance)
    .limit(1)
)
_NAMES = (
    "evse_id", "session_id", "departure_at", "energy_wh", "soc_percent", "min_current", "max_current", "told_at",
    "delivered_wh",
)  # fmt: skip
_new = insert(vehicle_needs).values({name: bindparam(name, type_=_own[name].type) for name in _NAMES})
_new = _new.values(created_at=bindparam("now"), updated_at=bindparam("now"))
_said = {name: _new.excluded[name] for name in (*_NAMES[2:], "updated_at")}


def _newest(statement: Insert, **of: Any) -> Statement:
    return Statement(statement.on_conflict_do_update(set_=_said, where=_own.told_at <= _new.excluded.told_at, **of))


_OF_SESSION = _newest(_new, index_elements=["session_id"])
_OF_NEXT = _newest(_new, index_elements=["evse_id"], index_where=_own.session_id.is_(None))
_other = vehicle_needs.alias("other")
_TAKE = Statement(
    update(vehicle_needs)
    .where(_own.evse_id == _evse, _own.session_id.is_(None), _own.told_at >= _since)
    .where(~exists().where(_other.c.session_id == bindparam("session")))
    .values(session_id=bindparam("session", type_=BigInteger))
)
_FORGET = Statement(delete(vehicle_needs).where(_own.evse_id == _evse, _own.session_id.is_(None), _own.told_at <= _at))


async def needs_told(tx: Tx, fact: NeedsTold) -> NeedsVerdict:
    """Keep them, newer ones in place of older. Where load management limits the EVSE its limit is told anew at once, or
    once the session begins."""
    at = fact.asked_at
    place = await tx.one(_PLACE, station=fact.charge_point_id, number=fact.evse_network_id, at=at)
    if place is None:
        return "unknown"
    await tx.run(
        _OF_NEXT if place["session_id"] is None else _OF_SESSION,
        evse_id=place["id"], session_id=place["session_id"], departure_at=fact.departure_at, energy_wh=fact.energy_wh,
        soc_percent=fact.soc_percent, min_current=fact.min_current, max_current=fact.max_current,
        told_at=at or fact.received_at, delivered_wh=place["energy_wh"] or 0.0, now=tx.now,
    )  # fmt: skip
    told, point, outlet = place["session_id"], place["charge_point_id"], place["id"]
    charges, limited = place["status"] == "active", any(await limited_by_us(tx, [point]))
    if charges:
        tx.after_commit(lambda: session_changed.send(told, point, outlet))
    if charges and limited:
        tx.after_commit(lambda: schedule_awaited.send(point, outlet))
    return "rejected" if not limited else "accepted" if charges else "processing"


async def needs_taken(tx: Tx, begun: Row) -> None:
    """A session began: what was told at its EVSE while nobody might charge is its vehicle's."""
    await tx.run(_TAKE, evse=begun["evse_id"], session=begun["id"], since=begun["started_at"] - AHEAD)


@on(EvseStatusChanged)
async def the_vehicle_left(tx: Tx, fact: EvseStatusChanged) -> None:
    """What it was to have is nobody's."""
    if fact.hardware_status == "available":
        await tx.run(_FORGET, evse=fact.id, at=datetime.fromisoformat(fact.at))
