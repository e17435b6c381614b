"""Booking requests: a booking is made, changed and cancelled by asking for it; what became of it is kept."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, bindparam, case, insert, null, select

from ohmstead.kit.access import PARTNERS, owned
from ohmstead.kit.db import Row, Statement, Statements, Tx, table, timestamp
from ohmstead.kit.errors import Invalid
from ohmstead.kit.filters import equals, one_of, since, until
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Reply
from ohmstead.kit.references import ABSENT
from ohmstead.kit.rendering import reader_of
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import View, aware
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.bookings import deciding
from ohmstead.rooms.charging.bookings.deciding import asked_of, criteria
from ohmstead.rooms.charging.bookings.fitting import Declined
from ohmstead.rooms.charging.bookings.resource import bookings
from ohmstead.rooms.charging.bookings.views import (
    BookingRequest,
    BookingRequestAnswer,
    BookingRequestBody,
    CancelBooking,
    CreateBooking,
    UpdateBooking,
)
from ohmstead.rooms.charging.durable_facts import BookingRequestChanged
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import every_evse
from ohmstead.rooms.network.locations import locations
from ohmstead.rooms.people.partner_contracts import require_permission
from ohmstead.rooms.people.users import users

AHEAD = timedelta(days=366)  # that a booking may begin
LASTS = timedelta(days=7)

booking_request = table(
    "booking_request",
    Column("type", Text, nullable=False),  # create | update | cancel
    Column("status", Text, nullable=False),  # approved | rejected
    Column("rejection_reason", Text),
    Column("booking_id", BigInteger, ForeignKey("booking.id"), index=True),  # that was made, or is meant
    # what it asks for; of a change what stays as well, of a cancellation what the booking had
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), nullable=False, index=True),
    Column("location_id", BigInteger, ForeignKey("location.id"), nullable=False, index=True),
    timestamp("start_at", nullable=False),
    timestamp("end_at", nullable=False),
    Column("external_id", Text, index=True),
    Column("evse_id", BigInteger, ForeignKey("evse.id")),
    Column("evse_criteria", booking.c.evse_criteria.type),
    Column("parking_space_criteria", booking.c.parking_space_criteria.type),
    Column("partner_id", BigInteger),  # the booking's; of one that was rejected, whose user a partner's token named
    Index(None, "partner_id", "id"),
)

_own = booking_request.c
_cancels = _own.type == "cancel"
_LOCATED = Statement(select(charge_point.c.location_id).where(charge_point.c.id == bindparam("key", type_=BigInteger)))
_statements = Statements()

booking_requests = Resource(
    "booking-requests",
    booking_request,
    tag="resource / booking requests",
    title="Booking Request",
    key="bookingRequest",
    versions=[Version("v1.0", BookingRequest, verbs=("list", "read"), answer=BookingRequestAnswer)],
    access=owned(_own.partner_id),
    columns={
        "user_id": case((~_cancels, _own.user_id)),
        "location_id": case((_own.type == "create", _own.location_id)),
        "start_at": case((~_cancels, _own.start_at)),
        "end_at": case((~_cancels, _own.end_at)),
        "authorized_tokens": null(),  # there are none before roaming
    },
    filters=[
        one_of("status", _own.status, "pending", "approved", "rejected"),
        equals("userId", _own.user_id, int),
        equals("locationId", _own.location_id, int),
        since("startAfter", _own.start_at),
        until("startBefore", _own.start_at),
        since("endAfter", _own.end_at),
        until("endBefore", _own.end_at),
        since("createdAfter", _own.created_at),
        until("createdBefore", _own.created_at),
        equals("externalId", _own.external_id),
    ],
    changed=BookingRequestChanged,
)
asking = Group("resource / booking requests", "resources/booking-requests/", "booking-requests", access=PARTNERS)


class Asked(View):
    data: BookingRequestAnswer


@asking.declare(
    "POST",
    "v1.0",
    "Booking Request / Create",
    scope="write",
    body=BookingRequestBody,
    references={
        "user_id": users, "location_id": locations, "evse_id": every_evse, "booking_id": bookings,
        "authorized_token_ids": ABSENT,
    },
    status=201,
    gives=Asked,
    errors=(401, 403, 422, 429),
)  # fmt: skip
async def ask(call: Call, wish: BookingRequestBody) -> Reply:
    """Ask for a booking, for other times of one, or for its end. It is decided at once; what was rejected says why."""
    values = await (_creation(call, wish) if isinstance(wish, CreateBooking) else _of_booking(call, wish))
    values |= {"type": wish.__struct_config__.tag, "external_id": wish.external_id or None}
    try:
        values |= {"status": "approved", "rejection_reason": None} | await _decided(call, wish)
    except Declined as declined:
        values |= {"status": "rejected", "rejection_reason": str(declined)}
    made = await _add(call.tx, values)
    call.changes = {"id": made} | {name: values[name] for name in ("type", "status", "booking_id")}
    return Reply.of(201, {"data": await reader_of(booking_requests, "v1.0").one(call, made, [])})


async def _decided(call: Call, wish: BookingRequestBody) -> dict[str, Any]:
    """Carry it out; Declined where it cannot be, Forbidden where the contract of a charge point's partner does not let
    its token reserve there."""
    if isinstance(wish, CreateBooking):
        partner = call.actor.partner
        made, outlet = await deciding.create(call.tx, wish, [partner] if isinstance(partner, int) else partner)
        await require_permission(call.tx, call.actor, "startReservation", outlet["partner_id"])
        return {"booking_id": made, "partner_id": outlet["partner_id"]}
    target: Row = call.referred["booking_id"]
    if isinstance(wish, UpdateBooking):
        await require_permission(call.tx, call.actor, "startReservation", target["partner_id"])
        await deciding.update(call.tx, target, wish)
    else:
        await require_permission(call.tx, call.actor, "stopReservation", target["partner_id"])
        await deciding.cancel(call.tx, target)
    return {}


async def _creation(call: Call, wish: CreateBooking) -> dict[str, Any]:
    start_at, end_at = aware(wish.start_at), aware(wish.end_at)
    errors = _times(call.now, start_at, end_at)
    outlet = call.referred.get("evse_id")
    if outlet and await call.tx.value(_LOCATED, key=outlet["charge_point_id"]) != wish.location_id:
        errors["evseId"] = ["The EVSE is not at the location."]
    if errors:
        raise Invalid.of(errors)
    return {
        "user_id": wish.user_id, "location_id": wish.location_id, "start_at": start_at, "end_at": end_at,
        "booking_id": None, "evse_id": outlet and outlet["id"],
        "partner_id": call.referred["user_id"]["partner_id"] if call.actor.binding else None,
        "evse_criteria": None if outlet else criteria(wish.evse_criteria),
        "parking_space_criteria": criteria(wish.parking_space_criteria),
    }  # fmt: skip


async def _of_booking(call: Call, wish: UpdateBooking | CancelBooking) -> dict[str, Any]:
    row: Row = call.referred["booking_id"]
    user_id, start_at, end_at = row["user_id"], row["start_at"], row["end_at"]
    if isinstance(wish, UpdateBooking):
        user_id, start_at, end_at = asked_of(row, wish)
        if errors := _times(call.now, None if wish.start_at is UNSET else start_at, end_at, row["start_at"]):
            raise Invalid.of(errors)
    return {
        "user_id": user_id, "location_id": row["location_id"], "start_at": start_at, "end_at": end_at,
        "booking_id": row["id"], "partner_id": row["partner_id"], "evse_id": None, "evse_criteria": None,
        "parking_space_criteria": None,
    }  # fmt: skip


def _times(now: datetime, given: datetime | None, end_at: datetime, before: datetime | None = None) -> dict[str, Any]:
    """What is wrong with times that nothing could be booked for, by field. A start that is not `given` stays."""
    errors: dict[str, Any] = {}
    start_at = given or before or now
    if given is not None and not now < given <= now + AHEAD:
        errors["startAt"] = [f"The start at must be after now, and within {AHEAD.days} days."]
    elif end_at <= max(now, start_at) or end_at - start_at > LASTS:
        errors["endAt"] = [f"The end at must be after now and after the start at, by {LASTS.days} days at most."]
    return errors


async def _add(tx: Tx, values: dict[str, Any]) -> int:
    values = {**values, "created_at": tx.now, "updated_at": tx.now}
    bound = {name: bindparam(f"v_{name}", type_=_own[name].type) for name in values}
    added = _statements.get(tuple(values), lambda: insert(booking_request).values(bound).returning(_own.id))
    made: int = await tx.value(added, **{f"v_{name}": value for name, value in values.items()})
    tx.tell(BookingRequestChanged(id=made, action="created"))
    return made
