"""Readiness: whether the database answers and can store, told in bounded time whatever it does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import text

from ohmstead.kit.db import Database, DatabaseUnavailable, Statement

Result = TypeVar("Result")

_LITTLE_MEMORY = Statement(text("SET LOCAL work_mem = '64kB'"))
_IN_A_FILE = Statement(text("SELECT count(*) FROM generate_series(1, 50000)"))
_READ_ONLY = Statement(text("SELECT current_setting('transaction_read_only')::boolean"))
PATIENCE_S = 1.5


class AtMostOne(Generic[Result]):
    """Asks a question of the database for many at once, one at a time, and lets each wait `patience_s` s at most.

    What is late is not cancelled but awaited by whoever asks next: a frozen server would not hear of the cancelling,
    and every question of its own would take one connection more.
    """

    def __init__(self, ask: Callable[[], Awaitable[Result]], patience_s: float = PATIENCE_S) -> None:
        self._ask, self._patience_s = ask, patience_s
        self._asking: asyncio.Task[Result] | None = None

    async def answer(self) -> Result:
        """The answer; raises DatabaseUnavailable where it does not come in time, or what asking raises."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._asked())
            self._asking.add_done_callback(_heard)
        done, _ = await asyncio.wait((self._asking,), timeout=self._patience_s)
        if not done:
            raise DatabaseUnavailable(f"no answer within {self._patience_s:g} s")
        return self._asking.result()

    async def _asked(self) -> Result:
        return await self._ask()


def _heard(asking: "asyncio.Task[Any]") -> None:
    """Nobody may be waiting any more for why it failed."""
    if not asking.cancelled():
        asking.exception()


async def can_store(database: Database) -> None:
    """Raises DatabaseUnavailable where the database cannot be reached or has no room: 700 kB are put into a temporary
    file in its folder, which takes some ms and leaves nothing behind. A table that could still take a row would
    prove nothing."""
    async with database.begin() as tx:
        if await tx.value(_READ_ONLY):
            raise DatabaseUnavailable("it can only be read")
        await tx.run(_LITTLE_MEMORY)
        await tx.value(_IN_A_FILE)
