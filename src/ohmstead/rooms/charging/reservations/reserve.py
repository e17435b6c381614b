"""Reserving an EVSE for a user: noted, asked of the charge point, and forgotten again where that will not. One that is
taken may be waited for, if the settings say so."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, and_, bindparam, delete, func, insert, or_, select

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid, NotFound, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.durable_facts import ReservationChanged
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.reservations.holding import OCCUPIED, WAITS_FOR, expire, holder_of, wait
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tags import parent_tag
from ohmstead.rooms.charging.tariffs_in_force import some_are_forbidden, tariff_forbids
from ohmstead.rooms.devices.commands.actions import Refused, ask
from ohmstead.rooms.devices.presence import can_charge
from ohmstead.rooms.devices.stations import ReserveNow
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charge_points.access import partner_of
from ohmstead.rooms.network.charge_points.permissions import find_permitted
from ohmstead.rooms.network.charging_access import may_charge
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import ev_user, users

reserve_actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

THROUGH_API = "Activated via API"

_own = reservation.c
_user = bindparam("user", type_=BigInteger)
_PLACE = Statement(
    select(evse, charge_point.c.status.label("charge_point_status"), charge_point.c.connected, location.c.timezone)
    .add_columns(charge_point.c.type.label("charge_point_type"))
    .add_columns(some_are_forbidden(evse.c.tariff_group_id).label("some_are_forbidden"))
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .where(evse.c.charge_point_id == bindparam("point"), evse.c.network_id == bindparam("number"))
    .where(evse.c.deleted_at.is_(None))
    .with_for_update(of=evse, key_share=True)  # one reservation or start at a time
)
_USER = Statement(
    select(ev_user.c.status).where(ev_user.c.id == _user, ev_user.c.deleted_at.is_(None)).with_for_update()
)
_BUSY = Statement(
    select(session.c.status)
    .where(session.c.evse_id == bindparam("evse"), or_(session.c.status == "active", session.c.status == "pending"))
    .order_by(session.c.status)  # one that charges before one that was asked for
    .limit(1)
)
_since = bindparam("since", type_=_own.reserved_at.type)
_by_wish = and_(_own.user_id == _user, _own.booking_id.is_(None))
_SINCE = Statement(select(func.count()).where(_by_wish, _own.reserved_at >= _since))
_LAST = Statement(select(func.max(func.coalesce(_own.ended_at, _own.expires_at))).where(_by_wish))
_BOOKED = Statement(
    select(func.min(booking.c.holds_from))
    .where(booking.c.evse_id == bindparam("evse"), or_(booking.c.status == "accepted", booking.c.status == "reserved"))
    .where(booking.c.user_id != _user, booking.c.holds_until > bindparam("now", type_=_own.reserved_at.type))
    .where(booking.c.holds_from < bindparam("until", type_=_own.reserved_at.type))
)
_TAG = Statement(
    select(id_tag.c.id_tag_uid)
    .where(id_tag.c.user_id == _user, id_tag.c.type == "rfid", id_tag.c.status == "enabled")
    .where(id_tag.c.deleted_at.is_(None), func.length(id_tag.c.id_tag_uid) <= 20)
    .order_by(id_tag.c.id.desc())
    .limit(1)
)
_names = (
    "station_id", "charge_point_id", "evse_id", "user_id", "reason", "duration", "expires_at", "waits", "booking_id",
)  # fmt: skip
_NOTE = Statement(
    insert(reservation)
    .values({name: bindparam(f"v_{name}", type_=_own[name].type) for name in _names})
    .values(partner_id=partner_of(bindparam("v_charge_point_id", type_=BigInteger)))
    .values(status="active", reserved_at=bindparam("now"), created_at=bindparam("now"), updated_at=bindparam("now"))
    .returning(_own.id)
)
_FORGET = Statement(delete(reservation).where(_own.id == bindparam("reservation")))


class Wish(View):
    user_id: Annotated[int, Meta(description="For whom the EVSE is kept.")]
    reason: Opt[Annotated[str, Meta(max_length=255, description=f"Why; if empty: {THROUGH_API}.")]] = UNSET


class Reserved(View):
    success: Opt[bool] = UNSET
    reservation_id: Opt[float] = UNSET


@reserve_actions.post(
    "v1.0/{chargePoint}/reserve/{evse}",
    "Charge Point / Reserve",
    body=Wish,
    references={"user_id": users},
    gives=Reserved,
    errors=(401, 403, 404, 406, 422, 429),
    transactions=Transactions.MANUAL,
)
async def reserve(call: Call, wish: Wish) -> Reserved:
    """Keep the EVSE of this number free for a user, as long as the settings say. Where they let reservations queue,
    one that is taken is kept as soon as it is free."""
    async with call.begin() as tx:
        point = await find_permitted(call, tx, "startReservation")
        there = await tx.one(_PLACE, point=point["id"], number=call.number("evse"))
        if there is None:
            raise NotFound.model("Evse", call.path["evse"])
        await expire(tx)
        rules = (await settings.read(tx)).reservations
        waits = await _check(tx, rules, there, wish.user_id)
        until = tx.now + (WAITS_FOR if waits else timedelta(minutes=rules.reservation_time))
        reason, minutes = wish.reason or THROUGH_API, rules.reservation_time
        command = await note(tx, there, wish.user_id, reason=reason, duration=minutes, expires_at=until, waits=waits)
    call.changes = {"reservation": command.reservation_id}
    try:
        taken = not waits and await _is_taken(there["station_id"], command, rules.enable_reservations_queue)
    except Rejected:
        async with call.begin() as tx:
            await forget(tx, command.reservation_id)
        raise
    async with call.begin() as tx:
        if taken:
            await wait(tx, command.reservation_id)
        tx.tell(ReservationChanged(id=command.reservation_id, action="created"))
    return Reserved(success=True, reservation_id=command.reservation_id)


async def _is_taken(station_id: int, command: ReserveNow, may_wait: bool) -> bool:
    """Ask the station; whether it is to be asked again later. Rejected where it is not."""
    try:
        await ask(station_id, command)
    except Refused as refused:
        if may_wait and refused.status_word == OCCUPIED:
            return True
        raise
    return False


async def _check(tx: Tx, rules: settings.Reservations, there: Row, user_id: int) -> bool:
    """Whether the EVSE has to be waited for. Rejected for what it is, Invalid for who the user is."""
    if not rules.enable_reservations:
        raise Rejected("Reservations are disabled.")
    await _check_user(tx, rules, there, user_id)
    if not there["allows_reservation"]:
        raise Rejected("The EVSE does not allow reservations.")
    if await holder_of(tx, there["id"], tx.now) is not None:
        raise Rejected("The EVSE is reserved already.")
    until = tx.now + timedelta(minutes=rules.reservation_time)
    booked: datetime | None = await tx.value(_BOOKED, evse=there["id"], user=user_id, now=tx.now, until=until)
    if booked is not None:
        raise Rejected(f"The EVSE is booked: it is kept from {booked:%Y-%m-%d %H:%M} UTC.")
    busy = await tx.value(_BUSY, evse=there["id"])
    if busy == "active" and rules.enable_reservations_queue:
        return True
    if busy is not None:
        raise Rejected("The EVSE is occupied.")
    if not can_charge(there):
        raise Rejected(f"The EVSE cannot be reserved: it is {_state(there)}.")
    return False


async def _check_user(tx: Tx, rules: settings.Reservations, there: Row, user_id: int) -> None:
    """The row is locked: of two wishes of one user the later sees the earlier."""
    status = await tx.value(_USER, user=user_id)
    if status is None:
        raise Invalid(userId="The selected user id is invalid.")
    if status != "enabled":
        raise Invalid(userId=f"The user is {status}.")
    if not await may_charge(tx, there, user_id):
        raise Invalid(userId="The user does not have access to the charge point.")
    if there["some_are_forbidden"] and await tariff_forbids(tx, there["id"], user_id):
        raise Invalid(userId="The tariff does not let the user charge at the EVSE.")
    if await tx.value(_SINCE, user=user_id, since=_midnight(tx.now, there)) >= rules.max_reservations_per_day_per_user:
        raise Invalid(userId="The user has no more reservations left today.")
    last: datetime | None = await tx.value(_LAST, user=user_id)
    pause = timedelta(minutes=rules.cooldown_time_between_reservations)
    if pause and last is not None and last + pause > tx.now:
        raise Invalid(userId=f"The user may not reserve again before {last + pause:%Y-%m-%d %H:%M} UTC.")


def _midnight(now: datetime, there: Row) -> datetime:
    """When the day began where the EVSE stands."""
    local = now.astimezone(ZoneInfo(there["timezone"] or "UTC"))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _state(there: Row) -> str:
    if not there["connected"]:
        return "not connected"
    for status in (there["charge_point_status"], there["status"]):
        if status != "enabled":
            return status
    return there["hardware_status"] or "not known to be available"


async def note(
    tx: Tx,
    there: Row,
    user_id: int,
    *,
    reason: str,
    duration: int,
    expires_at: datetime,
    waits: bool = False,
    booking_id: int | None = None,
) -> ReserveNow:
    """A reservation's row, of an EVSE that is locked: what its station is to be told."""
    values = {
        "station_id": there["station_id"], "charge_point_id": there["charge_point_id"], "evse_id": there["id"],
        "user_id": user_id, "reason": reason, "duration": duration, "expires_at": expires_at, "waits": waits,
        "booking_id": booking_id,
    }  # fmt: skip
    made = await tx.value(_NOTE, now=tx.now, **{f"v_{name}": value for name, value in values.items()})
    return await command_of(tx, values | {"id": made}, there["network_id"])


async def forget(tx: Tx, reservation_id: int) -> None:
    """One that its station did not take."""
    await tx.run(_FORGET, reservation=reservation_id)


async def command_of(tx: Tx, row: Any, network_id: int) -> ReserveNow:
    """What the station of a reservation is told, with a card of the user's where there is one."""
    tag = await tx.value(_TAG, user=row["user_id"]) or f"R{row['id']:07d}"
    return _command(row, network_id, tag)


def _command(row: Any, network_id: int, tag: str) -> ReserveNow:
    """All tags of the user are good for it."""
    return ReserveNow(
        reservation_id=row["id"], evse_network_id=network_id, id_tag=tag, expires_at=row["expires_at"],
        parent=parent_tag(row["user_id"]),
    )  # fmt: skip


async def again_for(tx: Tx, there: Row, user_id: int | None, tag: str) -> ReserveNow | None:
    """Where the EVSE is reserved for a user who starts from afar: the reservation once more, for the tag that the start
    will come with. A known number replaces what it stood for (OCPP 1.6, 5.13)."""
    held = await holder_of(tx, there["id"], tx.now) if user_id else None
    if held is None or held["user_id"] != user_id:
        return None
    until = tx.now + timedelta(minutes=held["duration"]) if held["waits"] else held["expires_at"]
    return _command(dict(held) | {"expires_at": until}, there["network_id"], tag)
