"""Partitions come before their month, take in strays, and go when nobody needs them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.devices.communication.log import communication_log
from ohmstead.rooms.devices.communication.security_events import security_event
from ohmstead.store.engine import PostgresDatabase
from ohmstead.store.partitions import DAY_S, HOUR_S, declared, ensure, keep_up, month, prune, prune_all

MARCH = datetime(2031, 3, 15, tzinfo=UTC)


@pytest.fixture
async def then(system: System) -> AsyncIterator[PostgresDatabase]:
    """A database that believes it is March 2031; what it makes is taken away."""
    database = await PostgresDatabase.connect(system.dsn, ManualClock(MARCH), 2)
    yield database
    async with database.begin() as tx:
        for table in declared():
            await prune(tx, table, datetime(2040, 1, 1, tzinfo=UTC))
    await database.close()
    async with system.database.begin() as tx:
        await ensure(tx)


async def _partition_of(database: PostgresDatabase, message: str) -> str:
    async with database.read() as tx:
        where = text("SELECT tableoid::regclass::text FROM communication_log WHERE message_id = :message")
        return await tx.value(where, message=message)


async def _log(database: PostgresDatabase, message: str, at: datetime) -> None:
    async with database.begin() as tx:
        row = {"at": at, "charge_point_id": 1, "direction": "in", "raw": "[]", "message_id": message}
        await tx.run(insert(communication_log).values(row))


async def test_a_row_goes_to_its_month_or_to_the_rest(then: PostgresDatabase) -> None:
    async with then.begin() as tx:
        await ensure(tx)
        await ensure(tx)
    await _log(then, "this", MARCH)
    await _log(then, "next", MARCH + timedelta(days=30))
    await _log(then, "lost clock", datetime(1970, 1, 1, tzinfo=UTC))
    assert await _partition_of(then, "this") == "communication_log_2031_03"
    assert await _partition_of(then, "next") == "communication_log_2031_04"
    assert await _partition_of(then, "lost clock") == "communication_log_rest"


async def test_two_processes_do_not_get_in_each_others_way(then: PostgresDatabase) -> None:
    async def start() -> None:
        async with then.begin() as tx:
            await ensure(tx)

    await asyncio.gather(start(), start())
    await _log(then, "this", MARCH)
    assert await _partition_of(then, "this") == "communication_log_2031_03"


async def test_strays_move_into_a_month_made_late(then: PostgresDatabase) -> None:
    await _log(then, "stray", MARCH)
    assert await _partition_of(then, "stray") == "communication_log_rest"
    async with then.begin() as tx:
        await ensure(tx)
    assert await _partition_of(then, "stray") == "communication_log_2031_03"


async def test_months_that_are_over_are_dropped(then: PostgresDatabase) -> None:
    async with then.begin() as tx:
        await ensure(tx)
        assert await prune(tx, communication_log, datetime(2031, 3, 31, tzinfo=UTC)) >= 1  # the real present's
    await _log(then, "march", MARCH)
    await _log(then, "lost clock", datetime(1970, 1, 1, tzinfo=UTC))
    async with then.begin() as tx:
        assert await prune(tx, communication_log, datetime(2031, 4, 1, tzinfo=UTC)) == 1
    assert await _partition_of(then, "march") is None
    assert await _partition_of(then, "lost clock") is None


def test_a_year_ends_after_december() -> None:
    december = datetime(2031, 12, 31, 23, tzinfo=UTC)
    assert month(december) == datetime(2031, 12, 1, tzinfo=UTC)
    assert month(december, 1) == datetime(2032, 1, 1, tzinfo=UTC)


async def test_each_table_lets_go_at_its_age(then: PostgresDatabase) -> None:
    async with then.begin() as tx:
        await ensure(tx)
        for days in (1, 29, 31, 400):
            moments = dict.fromkeys(("timestamp", "created_at", "updated_at"), MARCH - timedelta(days=days))
            await tx.run(insert(security_event).values(type=f"{days} days ago", **moments))
    await _log(then, "old", MARCH - timedelta(days=31))

    async def left(**ages: int) -> list[str]:
        async with then.begin() as tx:
            await prune_all(tx, {name: timedelta(days=number) for name, number in ages.items()})
            return [row[0] for row in await tx.all(select(security_event.c.type).order_by(security_event.c.id))]

    assert await left() == ["1 days ago", "29 days ago", "31 days ago"]  # what the table declares: a year
    assert await left(security_event=30) == ["1 days ago", "29 days ago"]
    assert await _partition_of(then, "old") == "communication_log_rest"
    await left(communication_log=30)
    assert await _partition_of(then, "old") is None


class Days(ManualClock):
    """Sleeps without waiting, as often as it is let; `slept` are the seconds."""

    def __init__(self, times: int) -> None:
        super().__init__(MARCH)
        self.times = times
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == self.times:
            raise InterruptedError
        await self.advance(seconds)


async def test_it_is_done_once_a_day_with_what_is_done_beside(then: PostgresDatabase) -> None:
    clock, done = Days(times=3), []

    async def beside(now: datetime) -> None:
        done.append(now)
        if len(done) == 2:
            raise OSError("the disk is away")

    with pytest.raises(InterruptedError):
        await keep_up(then, clock, {}, beside)
    assert clock.slept == [DAY_S, HOUR_S, DAY_S]  # what failed is tried an hour later
    assert done == [MARCH, MARCH + timedelta(days=1), MARCH + timedelta(days=1, hours=1)]
