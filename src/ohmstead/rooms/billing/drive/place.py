"""The place of a code: where it is, whether it is free, and the tariff of whoever has no account, in words."""

from datetime import UTC
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Text, bindparam, or_, select

from ohmstead.engines.languages import Language
from ohmstead.engines.pricing import Terms
from ohmstead.engines.pricing.offer import About, offer
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.drive.codes import OPEN_TO_ALL
from ohmstead.rooms.billing.drive.table import drive_code
from ohmstead.rooms.billing.drive.words import in_words
from ohmstead.rooms.billing.gateways.gateway import Money, gateways
from ohmstead.rooms.charging.reservations import is_held
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tariffs_in_force import FORBIDS
from ohmstead.rooms.devices.presence import can_charge
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.rooms.tariffs.resolution import Driver, tariff_for
from ohmstead.rooms.tariffs.snapshots import content_of, terms_in

Standing = Literal["available", "plugged", "inUse", "reserved", "outOfService"]
PLUGGED = ("preparing", "occupied", "finishing")

_now = bindparam("now", type_=session.c.started_at.type)
_taken = or_(session.c.status == "active", session.c.status == "pending")
_busy = select(session.c.id).where(session.c.evse_id == evse.c.id, _taken)
_PLACE = Statement(
    select(
        evse, charge_point.c.partner_id, charge_point.c.electricity_rate_id, charge_point.c.connected,
        charge_point.c.status.label("charge_point_status"), charge_point.c.name.label("charge_point_name"),
        *location.c["timezone", "post_code", "city"], location.c.name.label("location_name"), location.c.address,
        _busy.exists().label("busy"), is_held(evse.c.id, _now).label("reserved"),
    )
    .join(drive_code, drive_code.c.evse_id == evse.c.id)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .where(drive_code.c.code == bindparam("code", type_=Text), charge_point.c.type == OPEN_TO_ALL)
    .where(evse.c.deleted_at.is_(None), charge_point.c.deleted_at.is_(None))
)  # fmt: skip


class Asked(Struct, frozen=True):
    """What a charge costs that would start now, for who has no account. `hold` is what is held on the card; None where
    nothing is to be paid."""

    tariff: Row
    terms: Terms
    prices: list[tuple[About, str]]
    currency: str
    hold: Money | None


async def place_of(tx: Tx, code: str) -> Row | None:
    """The EVSE of a code, at a charge point that is open to all."""
    return await tx.one(_PLACE, code=code, now=tx.now)


def standing(place: Row) -> Standing:
    """How an EVSE is."""
    if place["busy"]:
        return "inUse"
    if place["reserved"] or place["hardware_status"] == "reserved":
        return "reserved"
    if not can_charge(place):
        return "inUse" if place["hardware_status"] in ("charging", "suspendedEV", "suspendedEVSE") else "outOfService"
    return "plugged" if place["hardware_status"] in PLUGGED else "available"


async def asked_at(tx: Tx, place: Row, language: Language) -> Asked | None:
    """None where nobody without an account may charge: there is no tariff, it forbids it, or no amount is said that
    could be held."""
    if place["tariff_group_id"] is None:
        return None
    zone = ZoneInfo(place["timezone"]) if place["timezone"] else UTC
    day = tx.now.astimezone(zone).date()
    tariff = await tariff_for(tx, place["tariff_group_id"], Driver(), place["partner_id"], day)
    if tariff["type"] == FORBIDS:
        return None
    content = await content_of(tx, tariff, place["timezone"], tx.now, place["electricity_rate_id"])
    terms, currency = terms_in(content), tariff["currency"]
    items = offer(terms, tx.now)
    hold = await _hold(tx, tariff) if items else None
    if items and hold is None:
        return None
    return Asked(tariff, terms, [(item.about, in_words(item, currency, language)) for item in items], currency, hold)


async def _hold(tx: Tx, tariff: Row) -> Money | None:
    """As the tariff says for who has no account, else for who has one, else as the operator does; at least what the
    gateway takes."""
    said = tariff["restrictions"].get("adHocPreAuthorizeAmount") or tariff["pricing"].get("preAuthorizeAmount")
    amount = said or (await settings.billing(tx)).authorize_amount
    if not amount:
        return None
    currency = tariff["currency"]
    rounded = (await precision_of(tx, currency)).amount(Decimal(str(amount)))
    return Money(max(rounded, gateways.current.current.minimum(currency)), currency)
