"""Reserving: before a booking begins its EVSE is reserved at the station, or another one that fits; and what becomes of
those that nobody reserves, or nobody comes for."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, or_, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.bookings.changes import OPEN, change, give_up, kept_until, lead_of, locked, locked_location
from ohmstead.rooms.charging.bookings.deciding import served_by, wanted_by
from ohmstead.rooms.charging.bookings.fitting import Declined, fitting
from ohmstead.rooms.charging.bookings.using import fulfilled
from ohmstead.rooms.charging.durable_facts import ReservationChanged
from ohmstead.rooms.charging.reservations import command_of, forget, note, release_one
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.devices.presence import can_charge
from ohmstead.rooms.devices.stations import ReserveNow, StationError, StationSilent, stations
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.people.users import ev_user
from ohmstead.store.due_work import DueWork

AGAIN = timedelta(seconds=30)  # until a booking that no station takes is tried once more
MOST_EVSES = 3  # that are asked for one booking
REASON = "Booked"

_key = bindparam("key", type_=BigInteger)
_now = bindparam("now", type_=DateTime(timezone=True))
_DUE = Statement(
    select(booking.c.id)
    .where(booking.c.due_at <= _now)
    .order_by(booking.c.due_at)
    .limit(bindparam("most", type_=Integer))
)
_PLACE = Statement(select(booking.c.location_id).where(booking.c.id == _key))
_PUT_OFF = Statement(
    update(booking)
    .where(booking.c.id == _key, booking.c.due_at.is_not(None))
    .values(due_at=bindparam("at", type_=_now.type))
)
_OUTLET = Statement(select(evse.c.id).where(evse.c.id == _key).with_for_update(key_share=True))
_USER = Statement(select(ev_user.c.status).where(ev_user.c.id == _key, ev_user.c.deleted_at.is_(None)))
_HELD = Statement(
    select(reservation, evse.c.network_id)
    .join(evse, evse.c.id == reservation.c.evse_id)
    .where(reservation.c.booking_id == _key, reservation.c.status == "active", reservation.c.release_at.is_(None))
)
_RESERVATION = Statement(select(reservation).where(reservation.c.id == _key))
_SESSION = Statement(select(session).where(session.c.id == _key))
_THEIRS = Statement(
    select(session)
    .where(session.c.evse_id == bindparam("evse", type_=BigInteger))
    .where(session.c.user_id == bindparam("user", type_=BigInteger))
    .where(or_(session.c.status == "active", session.c.status == "pending"))
    .order_by(session.c.status)  # one that charges before one that was asked for
    .limit(1)
)


class BookingReservation(DueWork):
    """Does what is due of bookings. What was under way when the product stopped is asked anew: a station takes a
    reservation of a known number for the same."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        """Ask one station after another, until one agrees."""
        tried: set[int] = set()
        while command := await self._next(row["id"], tried):
            if await self._asked(row["id"], *command):
                return

    async def _next(self, booking_id: int, tried: set[int]) -> tuple[int, ReserveNow] | None:
        """The station to ask next, and what for."""
        async with self._database.begin() as tx:
            await locked_location(tx, await tx.value(_PLACE, key=booking_id))
            row = await locked(tx, booking_id)
            if row["due_at"] is None or row["due_at"] > tx.now:
                return None
            until = kept_until(row["start_at"], row["end_at"], lead_of(row))
            if row["status"] == "reserved" and tx.now >= until:
                await _nobody_came(tx, row)
            elif row["status"] == "accepted":
                return await _to_reserve(tx, row, tried)
            else:
                await change(tx, booking_id, due_at=until if row["status"] == "reserved" else None)
        return None

    async def _asked(self, booking_id: int, station_id: int, command: ReserveNow) -> bool:
        silent = False
        try:
            agreed = (await stations.current.call(station_id, command)).agreed
        except StationError as error:
            agreed, silent = False, isinstance(error, StationSilent)
        async with self._database.begin() as tx:
            row = await locked(tx, booking_id)
            if silent:  # it may have obeyed
                await release_one(tx, command.reservation_id)
            elif not agreed:
                await forget(tx, command.reservation_id)
                return False
            elif row["status"] == "accepted":
                await _reserved(tx, row)
            tx.tell(ReservationChanged(id=command.reservation_id, action="created"))
        return agreed

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        async with self._database.begin() as tx:
            await tx.run(_PUT_OFF, key=row["id"], at=tx.now + AGAIN)


async def _to_reserve(tx: Tx, row: Row, tried: set[int]) -> tuple[int, ReserveNow] | None:
    """What to ask of whom; None where nothing is left to try, or the booking has come to its end."""
    held = await tx.one(_HELD, key=row["id"])
    if held is not None and not held["waits"] and held["evse_id"] not in tried:
        tried.add(held["evse_id"])
        return held["station_id"], await command_of(tx, held, held["network_id"])
    if await tx.value(_USER, key=row["user_id"]) != "enabled":
        await give_up(tx, row["id"], "cancelled")
    elif await _charges_there(tx, row):
        pass
    elif tx.now >= kept_until(row["start_at"], row["end_at"], lead_of(row)):
        await give_up(tx, row["id"], "failed")
    elif held is not None:
        await _nobody_took_it(tx, row, row["start_at"])
    else:
        return await _try_another(tx, row, tried)
    return None


async def _try_another(tx: Tx, row: Row, tried: set[int]) -> tuple[int, ReserveNow] | None:
    """Of those that were to serve it, then of others that fit, the next that can be reserved. Where none is left the
    first one is waited for: the queue of reservations asks it as soon as it is free, or back."""
    try:
        found = await fitting(tx, wanted_by(row, row["user_id"], row["holds_from"], row["holds_until"]))
    except Declined:
        found = []
    outlet = _next_of(found, row, tried)
    if outlet is not None:
        tried.add(outlet["id"])
        return outlet["station_id"], await _noted(tx, row, outlet)
    first = next((one for one in found if one["id"] == row["evse_id"] and not one["kept"]), None)
    if first is not None and tx.now < row["start_at"]:
        await _noted(tx, row, first, waits=True)
        await _nobody_took_it(tx, row, row["start_at"])
    else:
        await _nobody_took_it(tx, row, min(tx.now + AGAIN, row["start_at"]))
    return None


def _next_of(found: list[Row], row: Row, tried: Collection[int]) -> Row | None:
    known = [row["evse_id"], *(one for one in row["evse_ids"] if one != row["evse_id"])]
    able = [one for one in found if one["id"] not in tried and not one["kept"] and not one["charging"]]
    able = [one for one in able if can_charge(one) and (one["id"] in known or len(known) < MOST_EVSES)]
    return min(able, key=lambda one: known.index(one["id"]) if one["id"] in known else MOST_EVSES, default=None)


async def _noted(tx: Tx, row: Row, outlet: Row, waits: bool = False) -> ReserveNow:
    """The reservation's row, and whose EVSE serves the booking."""
    await tx.run(_OUTLET, key=outlet["id"])
    if outlet["id"] != row["evse_id"]:
        await change(tx, row["id"], **served_by(outlet, row["evse_ids"]))
    until = row["start_at"] if waits else kept_until(row["start_at"], row["end_at"], lead_of(row))
    return await note(
        tx, outlet, row["user_id"], reason=REASON, duration=2 * row["lead"], expires_at=until, waits=waits,
        booking_id=row["id"],
    )  # fmt: skip


async def _charges_there(tx: Tx, row: Row) -> bool:
    """Its user may have begun early, and still charge: that fulfils it. What was ordered from afar is waited for."""
    theirs = await tx.one(_THEIRS, evse=row["evse_id"], user=row["user_id"])
    if theirs is None:
        return False
    if theirs["status"] == "active":
        await fulfilled(tx, row, theirs)
    else:
        await tx.run(_PUT_OFF, key=row["id"], at=tx.now + AGAIN)
    return True


async def _nobody_took_it(tx: Tx, row: Row, until: datetime) -> None:
    if tx.now >= row["start_at"]:
        await give_up(tx, row["id"], "failed")
    else:
        await tx.run(_PUT_OFF, key=row["id"], at=until)


async def _reserved(tx: Tx, row: Row) -> None:
    due = kept_until(row["start_at"], row["end_at"], lead_of(row))
    await change(tx, row["id"], status="reserved", due_at=due)


async def _nobody_came(tx: Tx, row: Row) -> None:
    if not await _charges_there(tx, row):
        await give_up(tx, row["id"], "no-show")


@on(ReservationChanged)
async def a_booking_follows_its_reservation(tx: Tx, fact: ReservationChanged) -> None:
    """The queue had the EVSE reserved, or the station let go of it: then it is reserved anew, until the booking is to
    begin."""
    kept = await tx.one(_RESERVATION, key=fact.id)
    if kept is None or kept["booking_id"] is None or kept["release_at"] is not None:
        return
    row = await locked(tx, kept["booking_id"])
    if kept["status"] == "active" and not kept["waits"] and row["status"] == "accepted":
        await _reserved(tx, row)
    elif row["status"] not in OPEN or kept["status"] == "active":
        return
    elif (begun := await tx.one(_SESSION, key=kept["session_id"])) is not None:  # of nobody known, by its number
        await fulfilled(tx, row, begun)
    else:
        await _lost(tx, row)


async def _lost(tx: Tx, row: Row) -> None:
    if tx.now < row["start_at"]:
        await change(tx, row["id"], status="accepted", due_at=min(tx.now + AGAIN, row["start_at"]))
    elif row["status"] == "reserved" and tx.now >= kept_until(row["start_at"], row["end_at"], lead_of(row)):
        await _nobody_came(tx, row)
    else:
        await give_up(tx, row["id"], "failed")
