"""Using a booking: the session that its user begins fulfils it, and what is left of its time is free afterwards."""

from sqlalchemy import ARRAY, BigInteger, DateTime, and_, any_, bindparam, func, or_, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.bookings.changes import OPEN, change
from ohmstead.rooms.charging.durable_facts import SessionStopped
from ohmstead.rooms.charging.reservations import release
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.network.evses import in_use

_own = booking.c
_user = bindparam("user", type_=BigInteger)
_named = bindparam("named", type_=BigInteger)
_evse = bindparam("evse", type_=BigInteger)
_at = bindparam("at", type_=DateTime(timezone=True))
_is_open = or_(*(_own.status == word for word in OPEN))
_USED = Statement(
    select(booking)
    .where(
        _is_open,
        _evse == any_(_own.evse_ids),
        or_(
            _own.id == _named,
            and_(_named.is_(None), _own.user_id == _user, _own.holds_from <= _at, _own.holds_until > _at),
        ),
    )
    .order_by(_own.start_at)
    .limit(1)
    .with_for_update()
)
_MAY = Statement(
    select(_own.id).where(
        _own.id == _named, _is_open, _evse == any_(_own.evse_ids), or_(_user.is_(None), _own.user_id == _user)
    )
)
_LINK = Statement(
    update(session).where(session.c.id == bindparam("session", type_=BigInteger)).values(booking_id=_named)
)
_ENDED = Statement(
    update(booking)
    .where(_own.session_id == session.c.id, session.c.id == bindparam("session", type_=BigInteger))
    .where(session.c.stopped_at < _own.holds_until)
    .values(holds_until=func.greatest(_own.holds_from, session.c.stopped_at))
)
_AT_EVSES = Statement(
    select(_own.evse_id).where(_is_open, _own.evse_id == any_(bindparam("evses", type_=ARRAY(BigInteger))))
)


async def may_be_used(tx: Tx, booking_id: int, evse_id: int, user_id: int | None) -> bool:
    """Whether a session at an EVSE may be begun on a booking: one that is not over, there, and of that user if any."""
    return await tx.value(_MAY, named=booking_id, evse=evse_id, user=user_id) is not None


async def booking_used(tx: Tx, begun: Row) -> None:
    """A session began: it fulfils the booking that it was begun on, or that its user has there at this time."""
    if begun["user_id"] is None and begun["booking_id"] is None:
        return
    place = {"evse": begun["evse_id"], "at": begun["started_at"]}
    row = await tx.one(_USED, named=begun["booking_id"], user=begun["user_id"], **place)
    if row is not None:
        await fulfilled(tx, row, begun)


async def fulfilled(tx: Tx, row: Row, begun: Row) -> None:
    """A session is the one that a booking was made for."""
    await tx.run(_LINK, session=begun["id"], named=row["id"])
    await release(tx, row["id"], "The booking is completed")
    ended = begun["stopped_at"]  # where its stop was told before its start
    until = row["holds_until"] if ended is None else max(row["holds_from"], min(row["holds_until"], ended))
    await change(tx, row["id"], status="completed", session_id=begun["id"], due_at=None, holds_until=until)


@on(SessionStopped)
async def what_is_left_is_free(tx: Tx, fact: SessionStopped) -> None:
    """From the end of its session on others may book."""
    await tx.run(_ENDED, session=fact.id)


@in_use.answer
async def booked_by_somebody(tx: Tx, ids: list[int]) -> list[int]:
    """The EVSEs that are booked."""
    return [row["evse_id"] for row in await tx.all(_AT_EVSES, evses=ids)]
