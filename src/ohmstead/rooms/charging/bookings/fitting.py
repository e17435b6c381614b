"""Fitting: which EVSEs of a location may serve a booking, the least useful first, and why none does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Double,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tariffs_in_force import some_are_forbidden, tariff_forbids
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charging_access import lets_charge
from ohmstead.rooms.network.connectors import connector
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.parking_spaces import spaces_of


class Declined(Exception):
    """Why a booking cannot be, in words for people."""


class Wanted(Struct, kw_only=True):
    """What a booking asks of an EVSE, the criteria as the API names them. `booking_id` is its own once there is one;
    `partner_ids` whose charge points it may be at, None: anybody's."""

    location_id: int
    user_id: int
    holds_from: datetime
    holds_until: datetime
    evse_id: int | None = None
    evse_criteria: Mapping[str, Any] | None = None
    parking_space_criteria: Mapping[str, Any] | None = None
    partner_ids: list[int] | None = None
    booking_id: int = 0


_user, _booking = bindparam("user", type_=BigInteger), bindparam("booking", type_=BigInteger)
_from, _until = (bindparam(name, type_=DateTime(timezone=True)) for name in ("from", "until"))
_partners, _named = bindparam("partners", type_=ARRAY(BigInteger)), bindparam("named", type_=BigInteger)
_current, _plug = bindparam("current", type_=Text), bindparam("plug", type_=Text)
_least, _most = bindparam("least", type_=Double), bindparam("most", type_=Double)

_plugs = select(connector.c.id).where(
    connector.c.evse_id == evse.c.id, connector.c.deleted_at.is_(None), connector.c.status == "enabled"
)
_here = booking.c.evse_id == evse.c.id
_holds = or_(*(booking.c.status == word for word in ("accepted", "reserved", "completed")))
_booked = select(booking.c.id).where(
    _here, booking.c.id != _booking, _holds, booking.c.holds_from < _until,
    booking.c.holds_until > _from,
)  # fmt: skip
_kept = select(reservation.c.id).where(reservation.c.evse_id == evse.c.id, reservation.c.status == "active")
_kept_for_another = _kept.where(
    reservation.c.booking_id.is_(None), reservation.c.user_id != _user, not_(reservation.c.waits),
    reservation.c.expires_at > _from,
)  # fmt: skip
_charging = select(session.c.id).where(
    session.c.evse_id == evse.c.id, or_(session.c.status == "active", session.c.status == "pending")
)


def _unless_said(value: ColumnElement[Any], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(value.is_(None), func.coalesce(condition, literal(False)))


_bookable = and_(
    evse.c.booking_enabled, evse.c.status == "enabled", charge_point.c.status == "enabled",
    _unless_said(_partners, charge_point.c.partner_id == any_(_partners)), lets_charge(_user),
)  # fmt: skip
_meets = and_(
    _unless_said(_current, evse.c.current_type == _current),
    _unless_said(_least, evse.c.max_power >= _least * 1000),
    _unless_said(_most, evse.c.max_power <= _most * 1000),
    _unless_said(_plug, _plugs.where(connector.c.type == _plug).exists()),
)
_EVSES = Statement(
    select(
        evse,
        charge_point.c.status.label("charge_point_status"),
        charge_point.c.connected,
        charge_point.c.partner_id,
        _bookable.label("bookable"),
        _meets.label("meets"),
        and_(not_(_booked.exists()), not_(_kept_for_another.exists())).label("free"),
        _kept.exists().label("kept"),
        _charging.exists().label("charging"),
        some_are_forbidden(evse.c.tariff_group_id).label("some_are_forbidden"),
    )
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .where(charge_point.c.location_id == bindparam("location", type_=BigInteger))
    .where(evse.c.deleted_at.is_(None), charge_point.c.deleted_at.is_(None))
    .where(or_(_named.is_(None), evse.c.id == _named))
    .order_by(
        evse.c.max_power.nulls_last(),
        _plugs.with_only_columns(func.count()).scalar_subquery(),
        evse.c.id,
    )
)


async def fitting(tx: Tx, wanted: Wanted) -> list[Row]:
    """The EVSEs that are free for it, the least useful first, with all their columns and whether one is reserved
    (`kept`) or has a session (`charging`) at this moment. Declined where there is none."""
    criteria = wanted.evse_criteria or {}
    rows = await tx.all(
        _EVSES, location=wanted.location_id, named=wanted.evse_id, partners=wanted.partner_ids,
        user=wanted.user_id, booking=wanted.booking_id, current=criteria.get("currentType"),
        plug=criteria.get("connectorType"), least=criteria.get("minPower"), most=criteria.get("maxPower"),
        **{"from": wanted.holds_from, "until": wanted.holds_until},
    )  # fmt: skip
    named = wanted.evse_id is not None
    rows = [row for row in rows if row["bookable"]]
    _unless(rows, "The EVSE cannot be booked." if named else "No EVSE of the location can be booked.")
    rows = [row for row in rows if not await _is_forbidden(tx, row, wanted)]
    _unless(rows, "The tariff does not let the user charge there.")
    rows = [row for row in rows if named or row["meets"]]
    _unless(rows, "No EVSE of the location meets the criteria.")
    rows = await _with_parking(tx, rows, wanted.parking_space_criteria)
    where = "The parking space of the EVSE" if named else "Each parking space that is left"
    _unless(rows, f"{where} is not for this vehicle.")
    rows = [row for row in rows if row["free"]]
    _unless(rows, f"{'The EVSE is not' if named else 'No EVSE that fits is'} free at that time.")
    return rows


async def _is_forbidden(tx: Tx, row: Row, wanted: Wanted) -> bool:
    return row["some_are_forbidden"] and await tariff_forbids(tx, row["id"], wanted.user_id, wanted.holds_from)


def _unless(rows: list[Row], why: str) -> None:
    if not rows:
        raise Declined(why)


async def _with_parking(tx: Tx, rows: list[Row], vehicle: Mapping[str, Any] | None) -> list[Row]:
    """Of a vehicle that needs a parking space: of its size a space says nothing, which excludes none."""
    if not vehicle:
        return rows
    spaces = await spaces_of(tx, [row["id"] for row in rows])
    return [row for row in rows if row["id"] not in spaces or any(one.status == "enabled" for one in spaces[row["id"]])]
