"""The clock that was set for a database, so that every process on it tells the same time."""

from datetime import datetime, timedelta

from sqlalchemy import Column, Double, SmallInteger, Table, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.clock import SetClock
from ohmstead.kit.db import Row, Statement, Tx, metadata, timestamp
from ohmstead.kit.facts import audit

LOCK = 0xC10C  # an advisory lock: of several processes that start at once one sets it, the others wait

set_clock = Table(
    "set_clock",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),  # 1: there is one
    timestamp("start_at", nullable=False),  # what it told
    timestamp("real_at", nullable=False),  # when it told that, by the database's machine
    Column("speed", Double, nullable=False),  # s of it in each real s
)

_LOCKED = Statement(text("SELECT pg_advisory_xact_lock(:lock)"))
_KNOWN = Statement(select(set_clock, func.clock_timestamp().label("real_now")))
_start, _speed = bindparam("start", type_=set_clock.c.start_at.type), bindparam("speed", type_=Double)
_set = {"start_at": _start, "real_at": func.clock_timestamp(), "speed": _speed}
_SET = Statement(insert(set_clock).values(id=1, **_set).on_conflict_do_update(index_elements=["id"], set_=_set))


async def known(tx: Tx) -> Row | None:
    """How it was set, and the present `real_now` of the database's machine; None where it never was."""
    return await tx.one(_KNOWN)


def going(row: Row) -> SetClock:
    """The clock that was set so, as it is now."""
    passed = (row["real_now"] - row["real_at"]).total_seconds()
    return SetClock(row["start_at"] + timedelta(seconds=passed * row["speed"]), row["speed"])


async def locked(tx: Tx) -> None:
    """Let nobody else set it until the transaction ends."""
    await tx.run(_LOCKED, lock=LOCK)


async def put(tx: Tx, start: datetime, speed: float) -> None:
    """Let it tell `start` now."""
    await tx.run(_SET, start=start, speed=speed)


async def latest(tx: Tx) -> datetime | None:
    """When anything in the database was last written, by the clock of then."""
    columns = [table.c.updated_at for table in metadata.sorted_tables if "updated_at" in table.c]
    newest = [select(func.max(column)).scalar_subquery() for column in (*columns, audit.c.at)]
    return await tx.value(select(func.greatest(*newest)))
