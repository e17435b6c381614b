"""Who holds an EVSE, and how a reservation comes to its end: used, canceled, or out of time."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, Text, and_, any_, bindparam, or_, select, true, update
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.durable_facts import ReservationChanged
from ohmstead.rooms.charging.facts import ReservationEnded
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.network.evses import in_use

REMOVED = "Removed by the charge point"
OCCUPIED = "Occupied"  # a station's word for an EVSE that is taken (OCPP 1.6, 7.42; 2.0.1 Part 2, 3.72)
WAITS_FOR = timedelta(hours=24)  # for an EVSE to be free, until the reservation expires
MOST = 2**31 - 1  # a number that no reservation has

_own = reservation.c
_at = bindparam("at", type_=DateTime(timezone=True))
_now = bindparam("now", type_=DateTime(timezone=True))


def _in_force(evse_id: Any, at: Any) -> ColumnElement[bool]:
    return and_(_own.evse_id == evse_id, _own.status == "active", _own.reserved_at <= at, _own.expires_at > at)


def is_held(evse_id: Any, at: Any) -> ColumnElement[bool]:
    """Whether a reservation is in force at an EVSE at a moment, as SQL."""
    return select(_own.id).where(_in_force(evse_id, at)).exists()


_HOLDS = Statement(select(reservation).where(_in_force(bindparam("evse"), _at)).with_for_update())
_AT_EVSES = Statement(
    select(_own.evse_id).where(
        _own.status == "active", _own.evse_id == any_(bindparam("evses", type_=ARRAY(BigInteger)))
    )
)
_NUMBERED = Statement(
    select(reservation).where(
        _own.id == bindparam("reservation", type_=BigInteger),
        _own.evse_id == bindparam("evse", type_=BigInteger),
        or_(_own.status == "active", _own.status == "expired"),
    )
)
_HELD = Statement(
    select(_own.id)
    .where(_own.id == bindparam("reservation", type_=BigInteger), _own.status == "active")
    .where(_own.station_id == bindparam("station", type_=BigInteger))
    .with_for_update()
)
_ends = update(reservation).values(updated_at=_now)
_END = Statement(
    _ends.where(_own.id == bindparam("reservation", type_=BigInteger)).values(
        status=bindparam("status", type_=Text),
        ended_at=_at,
        session_id=bindparam("session", type_=BigInteger),
        cancel_reason=bindparam("why", type_=Text),
    )
)
_EXPIRE = Statement(
    _ends.where(_own.status == "active", _own.expires_at <= _now)
    .values(status="expired", ended_at=_own.expires_at)
    .returning(_own.id)
)
_WAIT = Statement(
    _ends.where(_own.id == bindparam("reservation", type_=BigInteger), _own.status == "active").values(
        waits=true(), expires_at=_own.reserved_at + WAITS_FOR
    )
)


async def holder_of(tx: Tx, evse_id: int, at: datetime) -> Row | None:
    """The reservation in force at an EVSE at a moment."""
    return await tx.one(_HOLDS, evse=evse_id, at=at)


@in_use.answer
async def kept_for_somebody(tx: Tx, ids: list[int]) -> list[int]:
    """The EVSEs that are reserved, now or for later."""
    return [row["evse_id"] for row in await tx.all(_AT_EVSES, evses=ids)]


async def reservation_used(tx: Tx, session: Row, reservation_id: int | None) -> None:
    """A session began: the reservation of its user there is done, whatever number the station names. One that ran out
    while the station was offline, or a charge of nobody known, takes the number."""
    user, held = session["user_id"], None
    if reservation_id is not None and 0 < reservation_id <= MOST:
        held = await tx.one(_NUMBERED, reservation=reservation_id, evse=session["evse_id"])
    if held is None or user not in (None, held["user_id"]):
        held = await holder_of(tx, session["evse_id"], session["started_at"])
        if held is None or held["user_id"] != user:
            return
    await end(tx, held["id"], "done", at=session["started_at"], session=session["id"])


async def reservation_released(tx: Tx, fact: ReservationEnded) -> None:
    """A station keeps an EVSE no longer. One that came to its end here before stays as it is."""
    number = min(fact.reservation_id, MOST)
    if await tx.value(_HELD, reservation=number, station=fact.charge_point_id) is None:
        return
    if fact.how == "expired":
        await end(tx, number, "expired", at=fact.received_at)
    else:
        await end(tx, number, "canceled", at=fact.received_at, why=REMOVED)


async def end(tx: Tx, reservation_id: int, status: str, at: datetime, **facts: Any) -> None:
    """Bring a reservation to its end."""
    told = {"session": None, "why": None} | facts
    await tx.run(_END, reservation=reservation_id, status=status, at=at, now=tx.now, **told)
    tx.tell(ReservationChanged(id=reservation_id, action="updated"))


async def wait(tx: Tx, reservation_id: int) -> None:
    """The EVSE is taken, and kept once it is free."""
    await tx.run(_WAIT, reservation=reservation_id, now=tx.now)


async def expire(tx: Tx) -> int:
    """End the reservations whose time is up; how many. Their stations forget them by themselves."""
    rows = await tx.all(_EXPIRE, now=tx.now)
    for row in rows:
        tx.tell(ReservationChanged(id=row["id"], action="updated"))
    return len(rows)
