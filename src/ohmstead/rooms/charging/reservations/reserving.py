"""Reserving an EVSE for a user: noted, asked of the charge point, and forgotten again where that will not."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, bindparam, delete, func, insert, or_, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid, NotFound, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Does
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.reservations.holding import expire, holder_of
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.charging.sessions.table import session
from ohmstead.rooms.charging.tags import parent_tag
from ohmstead.rooms.network.actions import ask
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.network.presence import can_charge
from ohmstead.rooms.network.stations import ReserveNow
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import ev_user

reservings = Group("action / charge point", "actions/charge-point/", "charge-points")

THROUGH_API = "Activated via API"

_own = reservation.c
_user = bindparam("user", type_=BigInteger)
_PLACE = Statement(
    select(evse, charge_point.c.status.label("charge_point_status"), charge_point.c.connected, location.c.timezone)
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
    select(session.c.id)
    .where(session.c.evse_id == bindparam("evse"), or_(session.c.status == "active", session.c.status == "pending"))
    .limit(1)
)
_since = bindparam("since", type_=_own.reserved_at.type)
_SINCE = Statement(select(func.count()).where(_own.user_id == _user, _own.reserved_at >= _since))
_LAST = Statement(select(func.max(func.coalesce(_own.ended_at, _own.expires_at))).where(_own.user_id == _user))
_TAG = Statement(
    select(id_tag.c.id_tag_uid)
    .where(id_tag.c.user_id == _user, id_tag.c.type == "rfid", id_tag.c.status == "enabled")
    .where(id_tag.c.deleted_at.is_(None), func.length(id_tag.c.id_tag_uid) <= 20)
    .order_by(id_tag.c.id.desc())
    .limit(1)
)
_names = ("station_id", "charge_point_id", "evse_id", "user_id", "reason", "duration", "expires_at")
_NOTE = Statement(
    insert(reservation)
    .values({name: bindparam(f"v_{name}", type_=_own[name].type) for name in _names})
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


@reservings.post(
    "v1.0/{chargePoint}/reserve/{evse}",
    "Charge Point / Reserve",
    body=Wish,
    gives=Reserved,
    errors=(401, 404, 406, 422, 429),
    does=Does.STEPS,
)
async def reserve(call: Call, wish: Wish) -> Reserved:
    """Keep the EVSE of this number free for a user, as long as the settings say."""
    async with call.begin() as tx:
        point = await charge_points.find(call, tx=tx)
        there = await tx.one(_PLACE, point=point["id"], number=call.key("evse"))
        if there is None:
            raise NotFound.model("Evse", call.path["evse"])
        await expire(tx)
        rules = (await settings.read(tx)).reservations
        await _check(tx, rules, there, wish.user_id)
        command = await _note(tx, there, wish, rules.reservation_time)
    call.changes = {"reservation": command.reservation_id}
    try:
        await ask(there["station_id"], command)
    except Rejected:
        async with call.begin() as tx:
            await tx.run(_FORGET, reservation=command.reservation_id)
        raise
    async with call.begin() as tx:
        tx.fact("reservation.changed", id=command.reservation_id, action="created")
    return Reserved(success=True, reservation_id=command.reservation_id)


async def _check(tx: Tx, rules: settings.Reservations, there: Row, user_id: int) -> None:
    """Rejected for what the EVSE is, Invalid for who the user is."""
    if not rules.enable_reservations:
        raise Rejected("Reservations are disabled.")
    await _check_user(tx, rules, there, user_id)
    if not there["allows_reservation"]:
        raise Rejected("The EVSE does not allow reservations.")
    if await holder_of(tx, there["id"], tx.now) is not None:
        raise Rejected("The EVSE is reserved already.")
    if await tx.value(_BUSY, evse=there["id"]) is not None:
        raise Rejected("The EVSE is occupied.")
    if not can_charge(there):
        raise Rejected(f"The EVSE cannot be reserved: it is {_state(there)}.")


async def _check_user(tx: Tx, rules: settings.Reservations, there: Row, user_id: int) -> None:
    """The row is locked: of two wishes of one user the later sees the earlier."""
    status = await tx.value(_USER, user=user_id)
    if status is None:
        raise Invalid(userId="The selected user id is invalid.")
    if status != "enabled":
        raise Invalid(userId=f"The user is {status}.")
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


async def _note(tx: Tx, there: Row, wish: Wish, minutes: int) -> ReserveNow:
    expires_at = tx.now + timedelta(minutes=minutes)
    values = {
        "station_id": there["station_id"], "charge_point_id": there["charge_point_id"], "evse_id": there["id"],
        "user_id": wish.user_id, "reason": wish.reason or THROUGH_API, "duration": minutes, "expires_at": expires_at,
    }  # fmt: skip
    made = await tx.value(_NOTE, now=tx.now, **{f"v_{name}": value for name, value in values.items()})
    tag = await tx.value(_TAG, user=wish.user_id) or f"R{made:07d}"
    return _command(values | {"id": made}, there["network_id"], tag)


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
    return _command(held, there["network_id"], tag) if held is not None and held["user_id"] == user_id else None
