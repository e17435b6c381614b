"""Operational periods: when a charge point was meant to be usable, so that its uptime is reckoned."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Index, any_, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.operator import settings

operational_period = table(
    "operational_period",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, index=True),
    timestamp("started_at", nullable=False),
    timestamp("ended_at"),
    Index("uq_operational_period_open", "charge_point_id", unique=True, postgresql_where=text("ended_at IS NULL")),
)

_own = operational_period.c
_key, _now = bindparam("key", type_=BigInteger), bindparam("now", type_=_own.started_at.type)
_OPEN = Statement(
    insert(operational_period)
    .values(charge_point_id=_key, started_at=_now, created_at=_now, updated_at=_now)
    .on_conflict_do_nothing()
)
_CLOSE = Statement(
    update(operational_period)
    .where(_own.charge_point_id == _key, _own.ended_at.is_(None))
    .values(ended_at=_now, updated_at=_now)
)
_SINCE = Statement(
    select(_own.charge_point_id, _own.started_at).where(
        _own.charge_point_id == any_(bindparam("ids", type_=ARRAY(BigInteger))), _own.ended_at.is_(None)
    )
)


async def operational_since(tx: Tx, ids: list[int]) -> dict[int, datetime]:
    """Since when the uptime of charge points is tracked, of those of which it is."""
    return dict(await tx.all(_SINCE, ids=ids))


@charge_points.writing
async def uptime_is_of_commercial_ones(write: Write) -> None:
    """Only bodies of v1.0 say whether it is tracked."""
    wanted: bool | None = write.values.pop("uptime_tracking_enabled", None)
    personal = write.value_of("type", "public") == "personal"
    if wanted and personal:
        write.add_error("uptimeTrackingEnabled", "The uptime of a personal charge point is not tracked.")
    elif wanted and not (await settings.read(write.tx)).features.operational_availability:
        write.add_error("uptimeTrackingEnabled", "Operational availability is switched off for the whole system.")
    write.extras["uptime_tracking_enabled"] = False if personal else wanted


@charge_points.written
async def a_period_begins_or_ends(write: Write) -> None:
    wanted: bool | None = write.extras["uptime_tracking_enabled"]
    if wanted is not None:
        await write.tx.run(_OPEN if wanted else _CLOSE, key=write.id, now=write.tx.now)


@charge_points.deleted
async def it_ends_with_its_charge_point(write: Write) -> None:
    await write.tx.run(_CLOSE, key=write.id, now=write.tx.now)
