"""Fixtures: the grammar's own test resource, served by the real machinery over the real database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.http import Api
from ohmstead.kit.limits import RateLimit
from ohmstead.rooms.operator.admins import TokenAuthenticator, create_token
from tests.client import Client
from tests.conftest import served
from tests.given import partner_of_id
from tests.kit import boxes, things
from tests.kit.things import metadata

THINGS = "/resources/things/v2.0"


@dataclass
class Yard:
    """A served API of things: `client` may do everything, `base` is its address, `limit` its rate limit."""

    system: System
    base: str
    limit: RateLimit
    client: Client
    now: list[float]  # the rate limit's clock, s

    async def token(self, *scopes: str, **facts: Any) -> str:
        if facts.get("partner_id"):
            await partner_of_id(self.system, facts["partner_id"])
        async with self.system.database.begin() as tx:
            return await create_token(tx, self.system.vault, "test", list(scopes), **facts)

    async def made(self, **fields: Any) -> dict[str, Any]:
        answer = await self.client.post(THINGS, fields)
        assert answer.status == 201, answer.body
        return answer.data

    async def named(self, count: int) -> list[int]:
        """So many things, by their ids."""
        return [(await self.made(name=f"thing {number}"))["id"] for number in range(count)]


@pytest.fixture(scope="session")
async def shelf_and_things(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the database, once it has their tables."""
    connection = await asyncpg.connect(dsn)
    for table in metadata.sorted_tables:
        await connection.execute(str(CreateTable(table).compile(dialect=postgresql.dialect())))
    yield connection
    await connection.close()


def api(system: System, **facts: Any) -> Api:
    """An API of things over the system's database."""
    facts = {"limit": RateLimit(10**6, 10**6)} | facts
    authenticator = TokenAuthenticator(system.database, system.clock)
    return Api(
        [*things.OPERATIONS, *boxes.OPERATIONS], system.database, authenticator, SystemClock(), version="9.9", **facts
    )


@pytest.fixture
async def yard(running: tuple[System, str], shelf_and_things: asyncpg.Connection) -> AsyncIterator[Yard]:
    """An empty yard. It wipes what its tests write, not the whole house: there are many of them."""
    system, now = running[0], [1_000_000.0]
    limit = RateLimit(1_000, 10_000, clock=lambda: now[0])
    async with served(api(system, limit=limit).app) as base:
        client = Client(base, None)
        yard = Yard(system, base, limit, client, now)
        client.token = await yard.token("*")
        yield yard
        await client.close()
    written = (*(table.name for table in reversed(metadata.sorted_tables)), "audit", "outbox", "api_token", "admin")
    await shelf_and_things.execute("; ".join(f"DELETE FROM {name}" for name in written))
