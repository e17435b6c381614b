"""Partitions: tables that only grow are cut by month, so that old months are dropped whole and new ones stay small. And
what else is kept for a time only."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Table, text

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Statement, Tx, metadata
from ohmstead.kit.faults import log_failure

log = structlog.get_logger("ohmstead.partitions")

LOCK = 0x9A47E  # an advisory lock: of several processes that look after the partitions one works, the others wait
HOUR_S = 3_600
DAY_S = 24 * HOUR_S
AHEAD = 2  # months: this and the next

_LOCKED = Statement(text("SELECT pg_advisory_xact_lock(:lock)"))
_CHILDREN = Statement(
    text("SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = CAST(:parent AS text)::regclass")
)


def partitioned(name: str, *parts: Any, by: str, keep: timedelta | None = None) -> Table:
    """A table cut by the month (UTC) of its moment `by`; months that ended longer than `keep` ago are dropped.

    What falls into no month we have (a station with a wrong clock) goes to a partition for the rest. Any primary key
    has to hold `by`.
    """
    return Table(name, metadata, *parts, postgresql_partition_by=f"RANGE ({by})", info={"by": by, "keep": keep})


def aging(table: Table, by: str, keep: timedelta) -> Table:
    """A table that is not cut: each day its rows go whose moment `by` is longer ago than `keep`."""
    table.info.update(ages_by=by, keep=keep)
    return table


def declared() -> list[Table]:
    """Every partitioned table."""
    return [table for table in metadata.tables.values() if "by" in table.info]


async def ensure(tx: Tx, months: int = AHEAD) -> None:
    """Make the partitions of this and the following months, `months` in all, wherever they are missing."""
    await tx.run(_LOCKED, lock=LOCK)
    for table in declared():
        present = {row["name"] for row in await tx.all(_CHILDREN, parent=table.name)}
        if _rest(table) not in present:
            await _execute(tx, f"CREATE TABLE {_rest(table)} PARTITION OF {table.name} DEFAULT")
        for number in range(months):
            start = month(tx.now, number)
            if _name(table, start) not in present:
                await _add(tx, table, start)


async def prune(tx: Tx, table: Table, older_than: datetime) -> int:
    """Drop the months of a table that ended before a moment, and older rows of the rest; the number of months."""
    await tx.run(_LOCKED, lock=LOCK)
    past = [row["name"] for row in await tx.all(_CHILDREN, parent=table.name) if _ended(table, row["name"], older_than)]
    for name in past:
        await _execute(tx, f"DROP TABLE {name}")
    await _delete(tx, _rest(table), table.info["by"], older_than)
    return len(past)


async def prune_all(tx: Tx, ages: Mapping[str, timedelta]) -> None:
    """Let go what was kept for its time: `ages` by the names of tables, else what they declare."""
    for table in metadata.sorted_tables:
        keep = ages.get(table.name, table.info.get("keep"))
        if keep is not None and "by" in table.info:
            await prune(tx, table, tx.now - keep)
        elif keep is not None:
            await _delete(tx, table.name, table.info["ages_by"], tx.now - keep)


async def keep_up(
    database: Database,
    clock: Clock,
    ages: Mapping[str, timedelta],
    beside: Callable[[], Awaitable[object]] | None = None,
) -> None:
    """Once a day, for ever: make the months to come, let go what is past its age, and do what is to be done `beside`.
    What fails is tried an hour later."""
    while True:
        try:
            async with database.begin() as tx:
                await ensure(tx)
                await prune_all(tx, ages)
            if beside is not None:
                await beside()
        except Exception as error:
            log_failure(log, "partitions not kept up", error)
            await clock.sleep(HOUR_S)
        else:
            await clock.sleep(DAY_S)


def month(moment: datetime, later: int = 0) -> datetime:
    """The start of the moment's month, or of one `later` months on, UTC."""
    number = moment.year * 12 + moment.month - 1 + later
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


async def _add(tx: Tx, table: Table, start: datetime) -> None:
    """Fill the month beside the table and attach it then: writers of other months hardly wait."""
    name, by = _name(table, start), table.info["by"]
    first, end = (f"'{moment:%Y-%m-%d} 00:00+00'" for moment in (start, month(start, 1)))
    await _execute(tx, f"CREATE TABLE {name} (LIKE {table.name} INCLUDING DEFAULTS)")
    await _execute(
        tx,
        f"WITH strays AS (DELETE FROM {_rest(table)} WHERE {by} >= {first} AND {by} < {end} RETURNING *) "
        f"INSERT INTO {name} SELECT * FROM strays",
    )
    await _execute(tx, f"ALTER TABLE {table.name} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})")


async def _delete(tx: Tx, name: str, by: str, older_than: datetime) -> None:
    await tx.run(text(f"DELETE FROM {name} WHERE {by} < :older"), older=older_than)


async def _execute(tx: Tx, sql: str) -> None:
    await tx.run(text(sql))


def _name(table: Table, start: datetime) -> str:
    return f"{table.name}_{start:%Y_%m}"


def _rest(table: Table) -> str:
    return f"{table.name}_rest"


def _ended(table: Table, partition: str, moment: datetime) -> bool:
    """Whether a partition is a month, and over before the moment."""
    if partition == _rest(table):
        return False
    return month(datetime.strptime(partition[-7:], "%Y_%m").replace(tzinfo=UTC), 1) <= moment
