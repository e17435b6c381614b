"""Tariff permission: a tariff may say that whom it is for does not charge. Most groups have none that does."""

from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, exists, select
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.tariffs.resolution import Driver, driver_of, tariff_for
from ohmstead.rooms.tariffs.tables import tariff, tariff_group_member

FORBIDS = "charging not allowed"
"""The type of a tariff by which nobody charges."""

_PLACES = (
    select(evse.c.id, evse.c.network_id, evse.c.tariff_group_id, charge_point.c.partner_id, location.c.timezone)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .where(evse.c.deleted_at.is_(None))
    .order_by(evse.c.network_id)
)
_PLACE = Statement(_PLACES.where(evse.c.id == any_(bindparam("evses", type_=ARRAY(BigInteger)))))
_OF_STATION = Statement(_PLACES.where(evse.c.station_id == bindparam("station", type_=BigInteger)))


def some_are_forbidden(group: ColumnElement[int | None]) -> ColumnElement[bool]:
    """Whether a tariff group has a tariff by which nobody charges."""
    member = tariff_group_member.c
    return (
        exists()
        .where(member.tariff_group_id == group, tariff.c.id == member.tariff_id, tariff.c.type == FORBIDS)
        .correlate_except(tariff_group_member, tariff)
    )


async def tariff_forbids(tx: Tx, evse_id: int, user_id: int | None) -> bool:
    """Whether the tariff of a user, or of nobody that is known, lets him not charge at an EVSE now."""
    places = await tx.all(_PLACE, evses=[evse_id])
    driver = await driver_of(tx, user_id)
    return any([await _forbids(tx, there, driver) for there in places])


async def allowing_evses(tx: Tx, station_id: int, user_id: int | None) -> tuple[int, ...] | None:
    """The numbers of a station's EVSEs where the tariff lets a user charge now; None: all."""
    places = await tx.all(_OF_STATION, station=station_id)
    driver = await driver_of(tx, user_id)
    allowing = [there for there in places if not await _forbids(tx, there, driver)]
    return None if len(allowing) == len(places) else tuple(there["network_id"] for there in allowing)


async def _forbids(tx: Tx, there: Row, driver: Driver) -> bool:
    if there["tariff_group_id"] is None:
        return False
    day = tx.now.astimezone(ZoneInfo(there["timezone"] or "UTC")).date()
    found = await tariff_for(tx, there["tariff_group_id"], driver, there["partner_id"], day)
    return found["type"] == FORBIDS
