"""The commit notifier: tells readers of the outbox that facts were committed, ours at once, those of others together.

PostgreSQL commits transactions that notify one after the other, each with its flush to the disk. So the transactions
themselves stay silent, and a NOTIFY of its own follows, at most twenty a second. One that is lost with its process is
made up for by the readers, which look once a second anyway.
"""

import asyncio
from typing import Any

import asyncpg
import structlog

from ohmstead.kit.signals import Signal

log = structlog.get_logger("ohmstead.store")

CHANNEL = "outbox"
GATHER_S = 0.05


class CommitNotifier:
    """Rings over a pool of connections. `rung` is sent at once in this process."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.rung = Signal()
        self._due = False
        self._ringing: asyncio.Task[None] | None = None

    def notify(self) -> None:
        """Facts are durable now."""
        self._due = True
        self.rung.send()
        if self._ringing is None:
            self._ringing = asyncio.create_task(self._ring())

    async def _ring(self) -> None:
        try:
            while self._due:
                await asyncio.sleep(GATHER_S)
                self._due = False
                await self._pool.execute(f"NOTIFY {CHANNEL}")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            log.warning("readers of the outbox not told", why=repr(error))
        finally:
            self._ringing = None

    async def close(self) -> None:
        """Tell of what was committed last, and ring no more."""
        if self._ringing is not None:
            await asyncio.wait([self._ringing])
