"""The row of a local list: what a station was sent last, as long as all of it arrived."""

from msgspec import Struct, convert, to_builtins
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, bindparam, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from ohmstead.kit.db import Statement, Tx, table
from ohmstead.rooms.devices.stations import LocalTag

local_list = table(
    "local_list",
    Column("station_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("version", Integer, nullable=False),  # as the station took the last part
    Column("tags", JSONB, nullable=False),  # as they were sent
    Index("uq_local_list", "station_id", unique=True),
)

_own = local_list.c
_station = bindparam("station", type_=BigInteger)
_KEPT = Statement(select(_own.version, _own.tags).where(_own.station_id == _station))
_FORGET = Statement(delete(local_list).where(_own.station_id == _station))
_new = {"version": bindparam("version", type_=Integer), "tags": bindparam("tags", type_=JSONB)}
_moments = {"created_at": bindparam("now"), "updated_at": bindparam("now")}
_KEEP = Statement(
    insert(local_list)
    .values(station_id=_station, **_new, **_moments)
    .on_conflict_do_update(index_elements=["station_id"], set_=_new | {"updated_at": _moments["updated_at"]})
)


class Kept(Struct, frozen=True):
    """A version of the list and the tags on it."""

    version: int
    tags: list[LocalTag]


async def kept(tx: Tx, station: int) -> Kept | None:
    """What the station was sent last; None where that is not known."""
    row = await tx.one(_KEPT, station=station)
    return None if row is None else Kept(row["version"], convert(row["tags"], list[LocalTag]))


async def keep(tx: Tx, station: int, version: int, tags: list[LocalTag]) -> None:
    """The station has taken all of it."""
    await tx.run(_KEEP, station=station, version=version, tags=to_builtins(tags), now=tx.now)


async def forget(tx: Tx, station: int) -> None:
    """What it holds is about to change, and not yet known."""
    await tx.run(_FORGET, station=station)
