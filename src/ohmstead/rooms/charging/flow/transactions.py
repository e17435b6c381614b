"""Transactions: how stations name a charge, and the session that is meant."""

from datetime import datetime, timedelta

from sqlalchemy import Double, Text, and_, bindparam, func, or_, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.facts import ChargeStarted, ChargeStopped
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.reasons import LOST
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tag_case import folded

MOST = 2**31 - 1
AGAIN = timedelta(hours=1)
"""For so long a start, or a stop, that says the same as one before and not when it was, is that one told again."""

_own = session.c
_station = _own.station_id == bindparam("station")
_STARTED = Statement(select(session).where(_station, _own.start_ref == bindparam("ref")))
_NAMED = Statement(
    select(session)
    .where(_station, _own.transaction_ref == bindparam("name"))
    .order_by(_own.id.desc())
    .limit(1)
    .with_for_update()
)
_STOPPED = Statement(select(session).where(_station, _own.stop_ref == bindparam("ref")))
_like = bindparam("like", type_=Text)
_since = bindparam("since", type_=_own.started_at.type)
_STARTED_UNTIMED = Statement(
    select(session)
    .where(_station, func.starts_with(_own.start_ref, _like), _own.status == "active", _own.started_at >= _since)
    .order_by(_own.id.desc())
    .limit(1)
)
_STOPPED_UNTIMED = Statement(
    select(session).where(_station, func.starts_with(_own.stop_ref, _like), _own.stopped_at >= _since).limit(1)
)
_told_of = or_(_own.start_ref.is_not(None), _own.original_session_id.is_not(None))  # the station knows its number
_NUMBERED = Statement(
    select(session).where(_station, _own.transaction_id == bindparam("number"), _told_of).with_for_update()
)

# A charge that was on at that moment, by the clock and by the register, of which no end was told yet, and which the
# tag may end: one without a tag, by the tag that began it, by another of the same user.
_at, _wh, _tag = bindparam("at"), bindparam("wh", type_=Double), bindparam("tag", type_=Text)
_same_tag = func.coalesce(folded(_own.id_tag) == folded(_tag), False)
_holder = select(id_tag.c.user_id).where(folded(id_tag.c.id_tag_uid) == folded(_tag), id_tag.c.deleted_at.is_(None))
_within = or_(_wh.is_(None), _own.meter_start_wh.is_(None), _own.meter_start_wh <= _wh)
_may_end = or_(_tag.is_(None), _same_tag, _own.user_id == _holder.scalar_subquery())
_open_then = or_(
    _own.status == "active",
    and_(_own.status == "finished", or_(_own.stopped_at >= _at, _own.reason == LOST)),
)
_ON_AT = Statement(
    select(session)
    .where(_station, _own.start_ref.is_not(None), _own.stop_ref.is_(None), _open_then)
    .where(_own.started_at <= _at, _within, _may_end)
    .order_by(_same_tag.desc(), (_own.status == "active").desc(), _own.started_at.desc())
    .limit(1)
    .with_for_update()
)


def number(told: int | None) -> int | None:
    """A station's number where it can mean something: -1, 0 and what exceeds 32 bits cannot."""
    return told if told is not None and 0 < told <= MOST else None


def start_ref(fact: ChargeStarted) -> str:
    """Equal for a start told twice, where the station says when it was."""
    return fact.ref if fact.timed else f"{fact.ref}/{fact.received_at.isoformat()}"


def stop_ref(fact: ChargeStopped) -> str:
    """Equal for a stop told twice, where the station says when it was; where its number means nothing, the tag tells it
    from one at another outlet."""
    named = fact.transaction_ref or (fact.transaction_id if number(fact.transaction_id) else f"-1/{fact.id_tag}")
    if not fact.timed:
        return f"{named}/untimed/{fact.meter_wh}/{fact.received_at.isoformat()}"
    return f"{named}/{fact.at.isoformat()}/{fact.meter_wh}"


async def started_as(tx: Tx, fact: ChargeStarted) -> Row | None:
    """The session of a start that was told before."""
    if fact.timed:
        return await tx.one(_STARTED, station=fact.charge_point_id, ref=fact.ref)
    since = fact.received_at - AGAIN
    return await tx.one(_STARTED_UNTIMED, station=fact.charge_point_id, like=fact.ref + "/", since=since)


async def session_by_ref(tx: Tx, station_id: int, transaction_ref: str) -> Row | None:
    """The newest session under a name that the station gave it, locked."""
    return await tx.one(_NAMED, station=station_id, name=transaction_ref)


async def stopped_as(tx: Tx, fact: ChargeStopped) -> Row | None:
    """The session of a stop that was told before."""
    ref = stop_ref(fact)
    if fact.timed:
        return await tx.one(_STOPPED, station=fact.charge_point_id, ref=ref)
    like, since = ref.removesuffix(fact.received_at.isoformat()), fact.received_at - AGAIN
    return await tx.one(_STOPPED_UNTIMED, station=fact.charge_point_id, like=like, since=since)


async def session_of_stop(tx: Tx, fact: ChargeStopped, at: datetime) -> Row | None:
    """The session a stop means, locked: by its id, or where that is none of ours by the moment."""
    if fact.transaction_ref is not None:
        return await session_by_ref(tx, fact.charge_point_id, fact.transaction_ref)
    known = number(fact.transaction_id)
    if known is not None:
        return await tx.one(_NUMBERED, station=fact.charge_point_id, number=known)
    return await tx.one(_ON_AT, station=fact.charge_point_id, at=at, wh=fact.meter_wh, tag=fact.id_tag)
