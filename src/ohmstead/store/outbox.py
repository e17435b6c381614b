"""The outbox's reader: facts in order, each subscriber for itself, what failed tried again."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
import structlog
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, delete, select, update

from ohmstead.kit.db import DatabaseUnavailable, Row, Statement
from ohmstead.kit.facts import Fact, Handler, fact_of, outbox, subscribers
from ohmstead.kit.signals import Signal
from ohmstead.store.commit_notifier import CHANNEL
from ohmstead.store.due_work import back_off
from ohmstead.store.engine import PostgresDatabase

log = structlog.get_logger("ohmstead.outbox")

BATCH, MOST_BATCH = 100, 500
QUICK_S = 0.1  # a full batch that took no longer is followed by a larger one
MOST_ATTEMPTS = 12
FIRST_PAUSE, MOST_PAUSE = timedelta(seconds=2), timedelta(minutes=10)
POLL_S = 1.0
GATHER_S = 0.05
_living = outbox.c.failed_at.is_(None)
_TAKE = Statement(
    select(outbox)
    .where(_living, outbox.c.due_at <= bindparam("now"))
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_DONE = Statement(delete(outbox).where(outbox.c.id == any_(bindparam("facts", type_=ARRAY(BigInteger)))))
_FAILED = Statement(
    update(outbox)
    .where(outbox.c.id == bindparam("fact"))
    .values({name: bindparam(f"v_{name}") for name in ("attempts", "due_at", "error", "failed_at")})
)


FanOut = Callable[[Sequence[Row]], Awaitable[Mapping[int, Exception]]]
"""Takes rows of the outbox in their order, in transactions of its own and more than once where it must be; which of
them failed, and why, by their ids."""


class OutboxReader:
    """Tells facts to their subscribers, before that to `fan_out`, where there is one. A fact that fails waits (2, 4, 8
    … s, at most 10 min) and is set aside as failed after 12 attempts; others go on meanwhile. While the database is
    away all wait, and no attempt counts."""

    def __init__(self, database: PostgresDatabase, fan_out: FanOut | None = None) -> None:
        self._database, self._fan_out = database, fan_out
        self._wake = asyncio.Event()
        self.told = Signal()  # facts that were committed are told, or put off: what follows from them is durable
        database.notifier.rung.connect(self.wake)

    def wake(self, *_: Any) -> None:
        """There may be something to read."""
        self._wake.set()

    async def run(self) -> None:
        """Read for ever: when facts were committed, here or elsewhere, and once a second for what has fallen due."""
        while True:
            with suppress(DatabaseUnavailable, asyncpg.PostgresError):
                async with self._database.dedicated() as listener:
                    await listener.add_listener(CHANNEL, self.wake)
                    while not listener.is_closed():
                        await self.drain()
                        await self._rest()
            await asyncio.sleep(POLL_S)

    async def _rest(self) -> None:
        """Until there is something to read, and a little longer: facts of busy times are cheaper read together."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):  # `wait_for` of Python 3.11 can swallow a cancellation
                await self._wake.wait()
        await asyncio.sleep(GATHER_S)
        self._wake.clear()

    async def drain(self) -> int:
        """Tell all that is due; the number of facts told."""
        told, most, full = 0, BATCH, True
        while full:
            began = time.monotonic()
            batch = await self._batch(most)
            told, full = told + batch, batch == most
            quick = time.monotonic() - began < QUICK_S
            most = min(2 * most, MOST_BATCH) if quick else BATCH  # what takes long holds back what comes after it
        return told

    async def _batch(self, most: int) -> int:
        async with self._database.begin() as tx:
            facts = await tx.all(_TAKE, now=tx.now, most=most)
            failed = await self._fan_out(facts) if self._fan_out and facts else {}
            told = [fact["id"] for fact in facts if await self._told(tx, fact, failed.get(fact["id"]))]
            if told:
                await tx.run(_DONE, facts=told)
        if facts:
            self.told.send()
        return len(facts)

    async def _told(self, tx: Any, row: Any, failed: Exception | None) -> bool:
        """Tell a fact to its subscribers; one that fails, that cannot be read (any more), or that failed before, is put
        off."""
        handlers = subscribers(row["topic"])
        if not handlers and failed is None:
            return True
        try:
            fact = fact_of(row["topic"], row["payload"])
            together = failed is None and len(handlers) > 1
            if together and await self._told_together(handlers, fact):
                return True
            for handler in handlers:
                async with self._database.begin() as own:
                    await handler(own, fact)
            if failed is not None:
                raise failed
        except DatabaseUnavailable:
            raise  # no attempt of this fact: all of them wait
        except Exception as error:
            log.exception("fact failed", topic=row["topic"], fact=row["id"])
            await self._postpone(tx, row, error)
            return False
        return True

    async def _told_together(self, handlers: Sequence[Handler[Any]], fact: Fact) -> bool:
        """Tell all subscribers in one transaction, which is cheaper; where that fails nothing was done, and each is
        told in its own."""
        try:
            async with self._database.begin() as own:
                for handler in handlers:
                    await handler(own, fact)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.info("fact failed in company", why=repr(error))
            return False
        return True

    async def _postpone(self, tx: Any, row: Any, error: Exception) -> None:
        attempts = row["attempts"] + 1
        wait = back_off(attempts, FIRST_PAUSE, MOST_PAUSE)
        await tx.run(
            _FAILED, fact=row["id"], v_attempts=attempts, v_due_at=tx.now + wait, v_error=repr(error)[:2000],
            v_failed_at=tx.now if attempts >= MOST_ATTEMPTS else None,
        )  # fmt: skip
