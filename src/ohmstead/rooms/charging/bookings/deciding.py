"""Deciding on booking requests: approved at once where an EVSE can be had, else declined with the reason."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.views import aware
from ohmstead.rooms.charging.bookings.changes import (
    OPEN,
    add,
    change,
    give_up,
    kept_until,
    lead_of,
    locked,
    locked_location,
)
from ohmstead.rooms.charging.bookings.fitting import Declined, Wanted, fitting
from ohmstead.rooms.charging.bookings.views import CreateBooking, UpdateBooking
from ohmstead.rooms.charging.opening import is_closed
from ohmstead.rooms.charging.reservations import release
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import ev_user

_USER = Statement(
    select(ev_user.c.status, ev_user.c.user_group_ids).where(
        ev_user.c.id == bindparam("key", type_=BigInteger), ev_user.c.deleted_at.is_(None)
    )
)


async def create(tx: Tx, wish: CreateBooking, partner_ids: list[int] | None) -> tuple[int, Row]:
    """A new booking, its EVSE the least useful one that is free: its id, and the EVSE's row."""
    rules = (await settings.read(tx)).reservations
    if not rules.enable_reservations:
        raise Declined("Reservations are disabled.")
    place, lead = await locked_location(tx, wish.location_id), timedelta(minutes=max(1, rules.reservation_time))
    start_at, end_at = aware(wish.start_at), aware(wish.end_at)
    await _check(tx, place, wish.user_id, start_at)
    named = wish.evse_id or None
    wanted = Wanted(
        location_id=wish.location_id, user_id=wish.user_id, holds_from=start_at - lead, holds_until=end_at,
        evse_id=named, evse_criteria=None if named else criteria(wish.evse_criteria),
        parking_space_criteria=criteria(wish.parking_space_criteria), partner_ids=partner_ids,
    )  # fmt: skip
    outlet = (await _ready(tx, wanted))[0]
    return await add(tx, {
        "user_id": wish.user_id, "location_id": wish.location_id, "status": "accepted", "start_at": start_at,
        "end_at": end_at, "lead": int(lead.total_seconds() // 60), "holds_from": wanted.holds_from,
        "holds_until": end_at, "due_at": wanted.holds_from, "evse_named": named is not None,
        "evse_criteria": wanted.evse_criteria, "parking_space_criteria": wanted.parking_space_criteria,
        "access_methods": place["access_methods"], "asking_partner_ids": partner_ids, **served_by(outlet, []),
    }), outlet  # fmt: skip


async def update(tx: Tx, target: Row, wish: UpdateBooking) -> None:
    """Other times, or another user: at the same EVSE where that is free, else at another that fits."""
    place = await locked_location(tx, target["location_id"])
    row = await _open(tx, target["id"])
    user_id, start_at, end_at = asked_of(row, wish)
    lead = lead_of(row)
    await _check(tx, place, user_id, start_at)
    outlet = await _outlet(tx, wanted_by(row, user_id, start_at - lead, end_at), row)
    values: dict[str, Any] = {"user_id": user_id, "start_at": start_at, "end_at": end_at, "holds_until": end_at}
    if (user_id, start_at, outlet["id"]) != (row["user_id"], row["start_at"], row["evse_id"]):
        await release(tx, row["id"], "The booking was changed")
        values |= {"status": "accepted", "due_at": start_at - lead, "holds_from": start_at - lead}
        values |= served_by(outlet, [])
    elif row["status"] == "reserved":
        values["due_at"] = kept_until(start_at, end_at, lead)
    await change(tx, row["id"], **values)


async def cancel(tx: Tx, target: Row) -> None:
    """Its EVSE is free again, as soon as the station has agreed."""
    await locked_location(tx, target["location_id"])
    row = await _open(tx, target["id"])
    await give_up(tx, row["id"], "cancelled")


def asked_of(row: Row, wish: UpdateBooking) -> tuple[int, datetime, datetime]:
    """User, start and end that a booking is to have: what is not given stays."""
    return (
        row["user_id"] if wish.user_id is UNSET else wish.user_id,
        row["start_at"] if wish.start_at is UNSET else aware(wish.start_at),
        row["end_at"] if wish.end_at is UNSET else aware(wish.end_at),
    )


def criteria(given: Any) -> dict[str, Any] | None:
    """What a body asks for, as it is kept; None where that is nothing."""
    asked = {} if given is UNSET or given is None else msgspec.to_builtins(given)
    return {name: value for name, value in asked.items() if value is not None} or None


def wanted_by(row: Row, user_id: int, holds_from: datetime, holds_until: datetime) -> Wanted:
    """What a booking that there is asks of an EVSE, the times or the user others."""
    return Wanted(
        location_id=row["location_id"], user_id=user_id, holds_from=holds_from, holds_until=holds_until,
        evse_id=row["evse_id"] if row["evse_named"] else None, evse_criteria=row["evse_criteria"],
        parking_space_criteria=row["parking_space_criteria"], partner_ids=row["asking_partner_ids"],
        booking_id=row["id"],
    )  # fmt: skip


def served_by(outlet: Row, before: list[int]) -> dict[str, Any]:
    """The columns of which EVSE serves a booking, after others that were to."""
    known = before if outlet["id"] in before else [*before, outlet["id"]]
    return {"evse_id": outlet["id"], "evse_ids": known, "partner_id": outlet["partner_id"]}


async def _check(tx: Tx, place: Row, user_id: int, start_at: datetime) -> None:
    user = await tx.one(_USER, key=user_id)
    if user is None or user["status"] != "enabled":
        raise Declined("The user is not enabled.")
    if place["deleted_at"] is not None or place["status"] != "enabled":
        raise Declined("The location is not enabled.")
    if is_closed(place["working_hours"], place["timezone"], user, start_at):
        raise Declined("The location is closed at that time.")


async def _open(tx: Tx, booking_id: int) -> Row:
    row = await locked(tx, booking_id)
    if row["status"] == "completed":
        raise Declined("The booking is completed: its session has begun.")
    if row["status"] not in OPEN:
        raise Declined(f"The booking is over: its status is {row['status']}.")
    return row


async def _outlet(tx: Tx, wanted: Wanted, row: Row) -> Row:
    """The EVSE that it has, if it may keep that."""
    rows = await _ready(tx, wanted)
    return next((one for one in rows if one["id"] == row["evse_id"]), rows[0])


async def _ready(tx: Tx, wanted: Wanted) -> list[Row]:
    """The EVSEs that fit; of a booking that is to be reserved at once those where nobody charges."""
    rows = await fitting(tx, wanted)
    if wanted.holds_from <= tx.now and not (rows := [one for one in rows if not one["charging"]]):
        raise Declined("Somebody charges there at this moment." if wanted.evse_id else "No EVSE that fits is free now.")
    return rows
