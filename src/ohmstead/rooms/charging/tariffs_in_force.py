"""Tariffs in force: which one a driver has at an EVSE now, before anything is charged, and whether it lets him."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, bindparam, exists, select
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.tariffs.resolution import driver_of, tariff_for
from ohmstead.rooms.tariffs.tables import tariff, tariff_group_member

FREE = "free"
"""The type of a tariff by which nothing is ever due."""
FORBIDS = "charging not allowed"
"""The type of a tariff by which nobody charges."""

_places = (
    select(evse.c.network_id, evse.c.tariff_group_id, charge_point.c.partner_id, location.c.timezone)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .where(evse.c.deleted_at.is_(None))
    .order_by(evse.c.network_id)
)
_PLACE = Statement(_places.where(evse.c.id == bindparam("evse", type_=BigInteger)))
_OF_STATION = Statement(_places.where(evse.c.station_id == bindparam("station", type_=BigInteger)))


def some_are_forbidden(group: ColumnElement[int | None]) -> ColumnElement[bool]:
    """Whether a tariff group has a tariff by which nobody charges. Most have none, and nobody is asked who he is."""
    member = tariff_group_member.c
    return (
        exists()
        .where(member.tariff_group_id == group, tariff.c.id == member.tariff_id, tariff.c.type == FORBIDS)
        .correlate_except(tariff_group_member, tariff)
    )


async def tariff_forbids(tx: Tx, evse_id: int, user_id: int | None, at: datetime | None = None) -> bool:
    """Whether the tariff of a user, or of nobody that is known, lets him not charge at an EVSE: now, or at a moment to
    come."""
    places = await tx.all(_PLACE, evse=evse_id)
    return any(_forbids(found) for _, found in await _in_force(tx, places, user_id, at or tx.now))


async def tariff_there(tx: Tx, evse_id: int, user_id: int | None) -> Row | None:
    """The tariff of a user, or of nobody that is known, at an EVSE now; None where it has none."""
    found = await _in_force(tx, await tx.all(_PLACE, evse=evse_id), user_id, tx.now)
    return found[0][1] if found else None


async def costs_nothing(tx: Tx, evse_id: int, user_id: int | None) -> bool:
    """Whether nothing is ever due of a user at an EVSE now."""
    found = await tariff_there(tx, evse_id, user_id)
    return found is None or found["type"] == FREE


async def tariffs_of_station(tx: Tx, station_id: int, user_id: int | None) -> list[tuple[int, Row | None]]:
    """By the numbers of a station's EVSEs, the tariff of a user there; None where there is none."""
    return await _in_force(tx, await tx.all(_OF_STATION, station=station_id), user_id, tx.now)


def allowing(tariffs: list[tuple[int, Row | None]]) -> tuple[int, ...] | None:
    """The numbers of the EVSEs whose tariff lets charge; None: all."""
    numbers = tuple(number for number, found in tariffs if not _forbids(found))
    return None if len(numbers) == len(tariffs) else numbers


def costing_nothing(tariffs: list[tuple[int, Row | None]]) -> tuple[int, ...]:
    """The numbers of the EVSEs where nothing is ever due."""
    return tuple(number for number, found in tariffs if found is None or found["type"] == FREE)


def price_information(tariffs: list[tuple[int, Row | None]]) -> str | None:
    """What the first of the tariffs that let charge says of its prices, for the display."""
    first = next((found for _, found in tariffs if found is not None and not _forbids(found)), None)
    return (first["display"] or {}).get("priceInformation") or None if first is not None else None


async def _in_force(tx: Tx, places: list[Row], user_id: int | None, at: datetime) -> list[tuple[int, Row | None]]:
    driver, found = await driver_of(tx, user_id), []
    for there in places:
        group, day = there["tariff_group_id"], at.astimezone(ZoneInfo(there["timezone"] or "UTC")).date()
        own = await tariff_for(tx, group, driver, there["partner_id"], day) if group is not None else None
        found.append((there["network_id"], own))
    return found


def _forbids(found: Row | None) -> bool:
    return found is not None and found["type"] == FORBIDS
