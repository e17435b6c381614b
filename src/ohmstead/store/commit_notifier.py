"""Commit notifiers: they tell, on a channel each, that something was committed, ours at once, others together.

PostgreSQL commits transactions that notify one after the other, each with its flush to the disk. So the transactions
themselves stay silent, and a NOTIFY of its own follows, at most twenty a second. One that is lost with its process is
made up for by those who listen, who look once a second anyway.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import asyncpg
import structlog

from ohmstead.kit.signals import Signal

log = structlog.get_logger("ohmstead.store")

CHANNEL = "outbox"
GATHER_S = 0.05
MOST_IDS = 300  # of a NOTIFY, which holds 8,000 bytes


class CommitNotifier:
    """Rings over a pool of connections. `rung` is sent at once in this process, with the ids if any were said."""

    def __init__(self, pool: Any, channel: str = CHANNEL) -> None:
        self._pool, self._channel = pool, channel
        self.rung = Signal()
        self._due = False
        self._ids: set[int] = set()
        self._ringing: asyncio.Task[None] | None = None

    def notify(self, *ids: int) -> None:
        """What we tell of, of these ids maybe, is durable now."""
        self._due = True
        self._ids.update(ids)
        self.rung.send(*ids)
        if self._ringing is None:
            self._ringing = asyncio.create_task(self._ring())

    async def _ring(self) -> None:
        try:
            while self._due:
                await asyncio.sleep(GATHER_S)
                self._due = False
                ids, self._ids = self._ids, set()
                await self._pool.execute(f"NOTIFY {self._channel}, '{_payload(ids)}'")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            log.warning("listeners not told", channel=self._channel, why=repr(error))
        finally:
            self._ringing = None

    async def close(self) -> None:
        """Tell of what was committed last, and ring no more."""
        if self._ringing is not None:
            await asyncio.wait([self._ringing])


def _payload(ids: set[int]) -> str:
    return ",".join(map(str, ids)) if len(ids) <= MOST_IDS else ""


def ids_in(payload: str) -> Iterable[int]:
    """Those that a NOTIFY tells of; without any it may be all there are."""
    return map(int, payload.split(",")) if payload else ()
