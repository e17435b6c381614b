"""What is looked up before a session is started from afar: where, for whom, whether the order makes sense, and the
circumstances, by which it may be refused."""

from sqlalchemy import ARRAY, BigInteger, DateTime, any_, bindparam, func, or_, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid
from ohmstead.rooms.charging.bookings import may_be_used
from ohmstead.rooms.charging.control.orders import Order, OrderThere
from ohmstead.rooms.charging.profiles.profile_conversion import misfits
from ohmstead.rooms.charging.reservations import is_held
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tariffs_in_force import some_are_forbidden
from ohmstead.rooms.devices.presence import can_charge
from ohmstead.rooms.devices.profiles.abilities import abilities
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.connectors import connector
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.people.users import ev_user

_places = (
    select(
        evse,
        charge_point.c.status.label("charge_point_status"),
        charge_point.c.connected,
        charge_point.c.partner_id,
        charge_point.c.type.label("charge_point_type"),
    )
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .where(evse.c.deleted_at.is_(None), charge_point.c.deleted_at.is_(None))
    .order_by(evse.c.network_id)
    .with_for_update(of=evse, key_share=True)  # one start at a time
)
_PLACE = Statement(_places.where(evse.c.id == bindparam("evse")))
_NUMBERED = Statement(
    _places.where(evse.c.charge_point_id == bindparam("point"), evse.c.network_id == bindparam("number"))
)
_PLACES = Statement(_places.where(evse.c.charge_point_id == bindparam("point")))
_SHARED = Statement(
    select(evse.c.id)
    .where(evse.c.station_id == bindparam("station"), evse.c.charge_point_id != bindparam("point"))
    .where(evse.c.deleted_at.is_(None))
    .limit(1)
)
_occupied = or_(session.c.status == "active", session.c.status == "pending")
_BUSY = Statement(
    select(session.c.evse_id).where(session.c.evse_id == any_(bindparam("evses", type_=ARRAY(BigInteger))), _occupied)
)
_evse = bindparam("evse", type_=BigInteger)
_CIRCUMSTANCES = Statement(
    select(
        select(session.c.id).where(session.c.evse_id == _evse, _occupied).exists().label("busy"),
        is_held(_evse, bindparam("at", type_=DateTime(timezone=True))).label("reserved"),
        func.nextval(func.pg_get_serial_sequence("session", "id")).label("session_id"),
        some_are_forbidden(bindparam("tariff_group", type_=BigInteger)).label("some_are_forbidden"),
        *charge_point.c["subscription_required", "subscription_plan_ids"],
        location.c.working_hours,
        location.c.timezone,
    )
    .select_from(charge_point)
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .where(charge_point.c.id == bindparam("point"))
)
_USER = Statement(
    select(ev_user.c.id, ev_user.c.status, ev_user.c.sessions_allowed, ev_user.c.user_group_ids)
    .where(ev_user.c.id == bindparam("user"), ev_user.c.deleted_at.is_(None))
    .with_for_update(key_share=True)
)
_CONNECTOR = Statement(
    select(connector.c.id).where(
        connector.c.id == bindparam("connector"),
        connector.c.evse_id == bindparam("evse"),
        connector.c.deleted_at.is_(None),
    )
)

_PLUGGED = ("preparing", "occupied", "finishing")


async def place(tx: Tx, evse_id: int) -> Row | None:
    """An EVSE by its id, locked."""
    return await tx.one(_PLACE, evse=evse_id)


async def numbered_place(tx: Tx, charge_point_id: int, number: int) -> Row | None:
    """An EVSE by its number on the charge point, locked."""
    return await tx.one(_NUMBERED, point=charge_point_id, number=number)


async def likely_places(tx: Tx, charge_point_id: int) -> list[Row]:
    """Where a charge point would begin, best first: at a free EVSE with a cable plugged, then at any free one."""
    places = await tx.all(_PLACES, point=charge_point_id)
    busy = await _busy(tx, places)

    def drawbacks(there: Row) -> tuple[bool, ...]:
        return there["id"] in busy, not can_charge(there), there["hardware_status"] not in _PLUGGED

    return sorted(places, key=drawbacks)


async def shares_its_station(tx: Tx, there: Row) -> bool:
    """Whether the station of an EVSE has outlets of other charge points, too: satellites and their master."""
    return await tx.value(_SHARED, station=there["station_id"], point=there["charge_point_id"]) is not None


async def _busy(tx: Tx, places: list[Row]) -> set[int]:
    """The EVSEs that have a session. Asked once they are locked, so that of two orders the later sees the earlier."""
    return {row["evse_id"] for row in await tx.all(_BUSY, evses=[there["id"] for there in places])}


async def user_of(tx: Tx, order: Order) -> Row | None:
    """Whom the order is for; Invalid where there is no such user, or a payment method is nobody's."""
    if not order.user_id:
        if order.payment_method_id:
            raise Invalid(userId="The user id field is required when payment method id is present.")
        return None
    user = await tx.one(_USER, user=order.user_id)
    if user is None:
        raise Invalid(userId="The selected user id is invalid.")
    return user


async def validate(tx: Tx, order: Order, there: Row) -> None:
    """Invalid for what cannot be meant: a connector elsewhere, a booking that does not hold here, another profile."""
    errors: dict[str, list[str]] = {}
    if order.connector_id and await tx.one(_CONNECTOR, connector=order.connector_id, evse=there["id"]) is None:
        errors["connectorId"] = ["The selected connector id is invalid."]
    if order.booking_id and not await may_be_used(tx, order.booking_id, there["id"], order.user_id or None):
        errors["bookingId"] = ["The selected booking id is invalid."]
    profile = order.charging_profile if isinstance(order, OrderThere) else None
    if profile:
        if profile.charging_profile_purpose != "TxProfile":  # OCPP 1.6, 5.11
            errors["chargingProfile.chargingProfilePurpose"] = ["The charging profile purpose must be TxProfile."]
        for field, text in misfits(profile, await abilities(tx, there["station_id"])):
            errors.setdefault(f"chargingProfile.{field}", []).append(text)
    if errors:
        raise Invalid.of(errors)


async def circumstances(tx: Tx, there: Row) -> Row:
    """What speaks for or against a start at an EVSE that is locked, and the `session_id` that it would have: one way to
    the database for it all."""
    found = await tx.one(
        _CIRCUMSTANCES,
        evse=there["id"],
        point=there["charge_point_id"],
        at=tx.now,
        tariff_group=there["tariff_group_id"],
    )
    assert found is not None, "an EVSE has a charge point"
    return found
