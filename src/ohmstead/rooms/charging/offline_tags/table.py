"""The row of a local list: what a station was sent last, as long as all of it arrived."""

from msgspec import Struct, convert, to_builtins
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, bindparam, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.rooms.devices.stations import LocalTag

local_list = table(
    "local_list",
    Column("station_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("version", Integer, nullable=False),  # as the station took the last part; -1: what it holds is not known
    Column("tags", JSONB, nullable=False),  # as they were sent
    timestamp("due_at"),  # when it is sent by itself, for it holds what must not be there
    Index("uq_local_list", "station_id", unique=True),
    Index("ix_local_list_tags", "tags", postgresql_using="gin", postgresql_ops={"tags": "jsonb_path_ops"}),
    Index("ix_local_list_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
UNKNOWN = -1

_own = local_list.c
_station = bindparam("station", type_=BigInteger)
_KEPT = Statement(select(_own.version, _own.tags).where(_own.station_id == _station))
_FORGET = Statement(
    update(local_list).where(_own.station_id == _station).values(version=UNKNOWN, tags=[], updated_at=bindparam("now"))
)
_OUTDATED = Statement(
    update(local_list)
    .where(or_(_own.tags.contains(bindparam("holding", type_=JSONB)), _own.version == UNKNOWN))
    .values(due_at=bindparam("now"), updated_at=bindparam("now"))
)
_OUTDATED_AT = Statement(
    update(local_list).where(_own.station_id == _station).values(due_at=bindparam("now"), updated_at=bindparam("now"))
)
_new = {"version": bindparam("version", type_=Integer), "tags": bindparam("tags", type_=JSONB)}
_moments = {"created_at": bindparam("now"), "updated_at": bindparam("now")}
_KEEP = Statement(
    insert(local_list)
    .values(station_id=_station, **_new, **_moments)
    .on_conflict_do_update(
        index_elements=["station_id"], set_=_new | {"due_at": None, "updated_at": _moments["updated_at"]}
    )
)


class Kept(Struct, frozen=True):
    """A version of the list and the tags on it."""

    version: int
    tags: list[LocalTag]


async def kept(tx: Tx, station: int) -> Kept | None:
    """What the station was sent last; None where that is not known."""
    row = await tx.one(_KEPT, station=station)
    return (
        None if row is None or row["version"] == UNKNOWN else Kept(row["version"], convert(row["tags"], list[LocalTag]))
    )


async def keep(tx: Tx, station: int, version: int, tags: list[LocalTag]) -> None:
    """The station has taken all of it, and is due no longer."""
    await tx.run(_KEEP, station=station, version=version, tags=to_builtins(tags), now=tx.now)


async def forget(tx: Tx, station: int) -> None:
    """What it holds is about to change, and not yet known."""
    await tx.run(_FORGET, station=station, now=tx.now)


async def outdated(tx: Tx, id_tag: str) -> None:
    """The lists that hold a tag, which is accepted no more, or are about to, are to be sent by themselves."""
    await tx.run(_OUTDATED, holding=[{"id_tag": id_tag}], now=tx.now)


async def outdated_at(tx: Tx, station: int) -> None:
    """The list of a station is to be sent by itself."""
    await tx.run(_OUTDATED_AT, station=station, now=tx.now)
