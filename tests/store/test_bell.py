"""The bell: who reads the outbox hears of facts once they are durable, in whatever process."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.facts import Fact
from ohmstead.store.commit_notifier import CHANNEL
from ohmstead.store.engine import PostgresDatabase

ONE = select(1)


class Rung(Fact, topic="test.notifier"):
    """A fact of these tests."""

    number: int = 0


class Elsewhere:
    """A process of its own: what it hears on its line, from its moment on."""

    def __init__(self, line: Any) -> None:
        self._line, self.heard = line, asyncio.Event()

    async def listen(self) -> None:
        await self._line.add_listener(CHANNEL, lambda *_: self.heard.set())

    async def hears(self) -> bool:
        """Whether it is rung within two seconds."""
        try:
            async with asyncio.timeout(2):
                await self.heard.wait()
        except TimeoutError:
            return False
        self.heard.clear()
        return True

    async def facts(self) -> int:
        """How many it can read."""
        return await self._line.fetchval("SELECT count(*) FROM outbox WHERE topic = 'test.notifier'")


@pytest.fixture
async def elsewhere(system: System) -> AsyncIterator[Elsewhere]:
    line = await asyncpg.connect(system.dsn)
    made = Elsewhere(line)
    await made.listen()
    yield made
    await line.close()


@pytest.fixture
async def database(system: System) -> AsyncIterator[PostgresDatabase]:
    """Its own, for others of the house tell facts too."""
    made = await PostgresDatabase.connect(system.dsn, SystemClock(), 4)
    yield made
    await made.close()


async def test_it_rings_when_the_fact_can_be_read(database: PostgresDatabase, elsewhere: Elsewhere) -> None:
    rung: list[int] = []
    database.notifier.rung.connect(lambda: rung.append(1))
    async with database.begin() as tx:
        tx.tell(Rung())
        assert rung == []
    assert rung == [1], "in this process at once"
    assert await elsewhere.hears()
    assert await elsewhere.facts() == 1


async def test_many_commits_are_told_of_together(database: PostgresDatabase, elsewhere: Elsewhere) -> None:
    told: list[str] = []

    async def commit(number: int) -> None:
        async with database.begin() as tx:
            tx.tell(Rung(number=number))

    await elsewhere._line.add_listener(CHANNEL, lambda *_: told.append("rung"))
    await asyncio.gather(*map(commit, range(50)))
    await database.notifier.close()
    assert await elsewhere.hears()
    assert await elsewhere.facts() == 50
    assert len(told) < 25


async def test_it_keeps_silent_where_nothing_was_committed(database: PostgresDatabase, elsewhere: Elsewhere) -> None:
    rung: list[int] = []
    database.notifier.rung.connect(lambda: rung.append(1))

    async def fail() -> None:
        async with database.begin() as tx:
            tx.tell(Rung())
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await fail()
    async with database.begin() as tx:
        await tx.all(ONE)
    assert (rung, database.notifier._ringing) == ([], None)
