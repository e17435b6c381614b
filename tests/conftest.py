"""Fixtures: a throw-away PostgreSQL for the run, a system over it, and a clean house for every test."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import falcon.routing
import pytest
import structlog
import uvloop

from ohmstead.app.database import NAME
from ohmstead.app.http_bounds import Bounds, Count
from ohmstead.app.http_server import HttpServer
from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.kit import facts
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.db import metadata
from ohmstead.rooms.operator.admins import create_token
from ohmstead.store.cluster import Cluster
from ohmstead.store.migrate import migrate
from tests.client import Client
from tests.given import Given
from tests.kept_pools import KeptPools
from tests.prepared import emptied, prepare
from tests.shared_routes import SharedRoutes

SLOW = ("scenarios", "stations", "app", "store", "simulator")
"""Folders whose tests wait: they are begun first, so that nobody waits for them in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        folder = item.path.parent.name
        return SLOW.index(folder) if folder in SLOW else len(SLOW)

    items.sort(key=turn)


class Cleaner:
    """Empties the tables between tests. To truncate every one takes ten times as long as to look which few have rows,
    and the look is one statement that is prepared once."""

    def __init__(self, connection: Any, look: Any) -> None:
        self._connection, self._look = connection, look

    @classmethod
    async def over(cls, dsn: str) -> "Cleaner":
        """Of a database."""
        connection = await asyncpg.connect(dsn)
        await connection.execute("SET session_replication_role = replica")  # in no order: foreign keys do not matter
        rows = await connection.fetch("SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public'")
        filled = [f"CASE WHEN EXISTS (SELECT FROM {name}) THEN '{name}' END" for name in metadata.tables]
        used = [f"(SELECT CASE WHEN is_called THEN '{row['name']}' END FROM {row['name']})" for row in rows]
        look = await connection.prepare(f"SELECT ARRAY[{', '.join(filled)}], ARRAY[{', '.join(used)}]")
        await look.fetchrow()  # ends what preparing began, which locks every table
        return cls(connection, look)

    async def clean(self) -> None:
        """Delete what is there, and count from 1 again."""
        filled, used = await self._look.fetchrow()
        work = [f"DELETE FROM {name}" for name in filled if name]
        work += [f"SELECT setval('{name}', 1, false)" for name in used if name]
        if work:
            await self._connection.execute("; ".join(work))

    async def close(self) -> None:
        await self._connection.close()


@pytest.fixture(scope="session")
async def cleaner(dsn: str) -> AsyncIterator[Cleaner]:
    found = await Cleaner.over(dsn)
    yield found
    await found.close()


@pytest.fixture(scope="session")
async def dsn() -> AsyncIterator[str]:
    """A migrated database on a cluster of this test process."""
    with emptied() as folder, pytest.MonkeyPatch.context() as patch:
        await prepare(folder)
        cluster = Cluster(folder / "postgres", throwaway=True)
        address = await cluster.start(NAME)
        await migrate(address)
        pools = KeptPools(address)
        patch.setattr(asyncpg, "create_pool", pools.open)
        patch.setattr(falcon.routing, "DefaultRouter", SharedRoutes)
        yield address
        await pools.close()
        await cluster.destroy()


@pytest.fixture(scope="session")
async def running(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[System, str]]:
    """A system whose API listens on a free port; its background work is driven by the tests."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), port=0, ocpp_port=0, rate_limit_per_minute=10**6,
                        rate_limit_per_day=10**9, api_refusals_per_minute=10**6, open_calls_per_minute=10**6,
                        private_hosts="127.0.0.1")  # fmt: skip
    system = await System(settings, dsn, SystemClock()).start()
    async with served(system.api.app) as base:
        yield system, base
    await system.stop()


class served:
    """An ASGI app behind the API's HTTP server on a free port of this loop: `async with served(app) as base_url`."""

    def __init__(self, app: Any, bounds: Bounds | None = None, count: Count = lambda reason: None) -> None:
        self._socket = socket.socket()
        self.server = HttpServer(app, self._socket, bounds or Bounds(), count)

    async def __aenter__(self) -> str:
        self._socket.bind(("127.0.0.1", 0))
        await self.server.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def __aexit__(self, *_: Any) -> None:
        await self.server.stop()


@pytest.fixture
async def system(running: tuple[System, str], cleaner: Cleaner) -> AsyncIterator[System]:
    """The system over an empty database."""
    yield running[0]
    await cleaner.clean()
    running[0].authenticator.forget()
    facts.wanted.clear()


@pytest.fixture
async def api(system: System, running: tuple[System, str]) -> AsyncIterator[Client]:
    """A client with every right."""
    async with system.database.begin() as tx:
        token = await create_token(tx, system.vault, "tests", ["*"])
    client = Client(running[1], token)
    yield client
    await client.close()


class Full:
    """Makes tables refuse each write with an SQLSTATE, as a disk that is full does: `await full("tax", "53100")`."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._tables: list[str] = []

    async def __call__(self, table: str, code: str = "53100") -> None:
        self._tables.append(table)
        await self._run(
            f"CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'could not extend file: No space left on device' USING ERRCODE = '{code}'; END $$",
            f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()",
        )

    async def room(self) -> None:
        """There is room again."""
        tables, self._tables = self._tables, []
        await self._run(*(f"DROP TRIGGER no_room ON {table}" for table in tables), "DROP FUNCTION IF EXISTS no_room")

    async def _run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self._dsn)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture
async def full(system: System) -> AsyncIterator[Full]:
    """Tables without room, until the end of the test."""
    tables = Full(system.dsn)
    yield tables
    await tables.room()


@pytest.fixture
async def given(system: System, api: Client) -> Given:
    """Makers of what a test needs to be there."""
    return Given(system, api)


@pytest.fixture
def here() -> Path:
    """The repository."""
    return Path(__file__).parent.parent


asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # what serves in earnest, and in half the time
structlog.configure(
    processors=[structlog.processors.add_log_level, structlog.processors.KeyValueRenderer()],
    wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
)
