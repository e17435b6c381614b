"""The system: everything put together and started in order, stopped in reverse."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from importlib.metadata import version
from typing import Any

from ohmstead.app.rooms import OPERATIONS
from ohmstead.app.settings import Settings
from ohmstead.kit.clock import Clock
from ohmstead.kit.http import Api
from ohmstead.kit.limits import RateLimit
from ohmstead.rooms.operator.admins import Doorman, Vault
from ohmstead.store.engine import PostgresDatabase
from ohmstead.store.outbox import OutboxReader
from ohmstead.store.partitions import ensure, keep_up

VERSION = version("ohmstead")


class System:
    """One process of Ohmstead over a migrated database at `dsn`."""

    def __init__(self, settings: Settings, dsn: str, clock: Clock) -> None:
        self.settings, self.dsn, self.clock = settings, dsn, clock
        self._stack = AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> "System":
        """Open the database and assemble all that needs it."""
        settings = self.settings
        self.database = await PostgresDatabase.connect(self.dsn, self.clock, settings.database_connections)
        self._stack.push_async_callback(self.database.close)
        async with self.database.begin() as tx:
            await ensure(tx)
        self.vault = Vault.at(settings.data_dir / "secret.key")
        self.doorman = Doorman(self.database, self.clock)
        self.limit = RateLimit(settings.rate_limit_per_minute, settings.rate_limit_per_day)
        self.outbox = OutboxReader(self.database)
        self.api = Api(
            OPERATIONS,
            self.database,
            self.doorman,
            self.clock,
            self.limit,
            VERSION,
            trusts_proxy=settings.trusts_proxy,
        )
        self._stack.push_async_callback(self._cancel)
        return self

    def work(self) -> None:
        """Start what runs beside the requests."""
        self.spawn(self.outbox.run())
        self.spawn(keep_up(self.database, self.clock))

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run in the background until the system stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Stop in the reverse order of the start."""
        await self._stack.aclose()

    async def _cancel(self) -> None:
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
