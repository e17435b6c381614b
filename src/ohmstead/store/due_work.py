"""Work that falls due: rows that ask for something at a moment, carried out in the background, some at a time."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, DatabaseUnavailable, Row, Statement
from ohmstead.kit.faults import log_failure

log = structlog.get_logger("ohmstead.due_work")

AT_ONCE = 50  # rows that one kind of work has in hand at the same time, so that one that takes long holds up nobody
LEAST_PAUSE_S = 0.1  # real s between two looks, however fast the clock goes


class DueWork(ABC):
    """Looks every `every_s` s for what has fallen due: `due` selects it by `now` and `most`, one row an `id`.

    What comes again moves its row's moment on by a schedule (engines/schedules.py) once it is done.
    """

    due: Statement
    every_s = 1.0

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._running: dict[int, asyncio.Task[Any]] = {}

    async def run(self) -> None:
        """For ever."""
        try:
            while True:
                await self._try_to_work_off()
                await self._pause()
        finally:
            for task in self._running.values():
                task.cancel()

    async def _pause(self) -> None:
        await self._clock.sleep(max(self.every_s, LEAST_PAUSE_S * self._clock.speed))

    async def _try_to_work_off(self) -> None:
        """What cannot be begun now (the database is away, say) does not end what is under way."""
        try:
            await self.work_off()
        except DatabaseUnavailable as error:
            log.warning("database away", work=type(self).__name__, why=repr(error))
        except Exception:
            log.exception("due work not begun", work=type(self).__name__)

    async def work_off(self) -> None:
        """Begin all that has fallen due: where that is more than can be in hand, the rest as it gets done. What was
        tried is not tried again before the next look."""
        tried = set[int]()
        while await self.may_start() and await self._begin(tried):
            await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)

    async def start_due(self) -> None:
        """Begin what has fallen due, as much as can be in hand."""
        if await self.may_start():
            await self._begin(set())

    async def may_start(self) -> bool:
        """Asked before each look."""
        return True

    async def _begin(self, tried: set[int]) -> bool:
        """Of what was not tried; whether there may be more."""
        async with self._database.read() as tx:
            rows = await tx.all(self.due, now=self._clock.now(), most=AT_ONCE)
        fresh = [row for row in rows if row["id"] not in tried]
        for row in fresh:
            if row["id"] in self._running:
                tried.add(row["id"])
            elif len(self._running) < AT_ONCE:
                tried.add(row["id"])
                task = asyncio.create_task(self._attempt(row))
                self._running[row["id"]] = task
                task.add_done_callback(lambda _, key=row["id"]: self._running.pop(key, None))
        return len(rows) >= AT_ONCE and bool(fresh)

    async def _attempt(self, row: Row) -> None:
        try:
            await self.carry_out(row)
        except Exception as error:
            log_failure(log, "due work failed", error, work=type(self).__name__, row=row["id"])
            await self._give_up(row, error)

    async def _give_up(self, row: Row, error: Exception) -> None:
        try:
            with suppress(DatabaseUnavailable):  # it stays due
                await self.failed(row, error)
        except Exception:
            log.exception("failure of due work not noted", work=type(self).__name__, row=row["id"])

    @abstractmethod
    async def carry_out(self, row: Row) -> None:
        """Do it."""

    @abstractmethod
    async def failed(self, row: Row, error: Exception) -> None:
        """It failed for a reason of ours: see to it that it is not tried for ever without a pause."""

    async def settled(self) -> None:
        """Return once what has begun is done."""
        await asyncio.gather(*self._running.values())


def back_off(failures: int, first: timedelta, most: timedelta) -> timedelta:
    """How long to wait after so many failures, from 1: `first`, then twice as long each time, at most `most`."""
    return min(first * 2 ** min(max(failures - 1, 0), 32), most)
