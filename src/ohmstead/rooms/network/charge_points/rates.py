"""The electricity rate of a charge point: one whose prices the operator defined, and which stays while it is used."""

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement
from ohmstead.kit.errors import Conflict
from ohmstead.kit.writes import Write
from ohmstead.rooms.energy.rates import TYPES, rates
from ohmstead.rooms.network.charge_points.resource import charge_points
from ohmstead.rooms.network.charge_points.table import charge_point

_own = charge_point.c
_key = bindparam("key", type_=BigInteger)
_WITH_RATE = Statement(select(_own.id).where(_own.electricity_rate_id == _key, _own.deleted_at.is_(None)).limit(1))


@charge_points.rule
async def its_rate_follows_no_market(write: Write) -> None:
    rate = write.referred("electricity_rate_id")
    if rate is not None and rate["type"] != TYPES[0]:
        write.add_error("electricityRateId", "A rate that follows a market cannot be set on a charge point.")


@rates.rule
async def charge_points_follow_no_market(write: Write) -> None:
    follows = write.before is not None and write.value_of("type") != TYPES[0]
    if follows and await write.tx.value(_WITH_RATE, key=write.id) is not None:
        write.add_error("type", "Charge points have the electricity rate: it may follow no market.")


@rates.deleting
async def no_charge_point_has_it(write: Write) -> None:
    if await write.tx.value(_WITH_RATE, key=write.id) is not None:
        raise Conflict("Charge points still have the electricity rate.")
