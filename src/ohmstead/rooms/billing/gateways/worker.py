"""The worker that makes the calls to gateways which nobody waits for, and looks up those whose outcome is unknown."""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from ohmstead.kit.batches import Batcher
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import DatabaseUnavailable, Row
from ohmstead.kit.faults import log_failure
from ohmstead.rooms.billing.gateways.calls import CHANNEL, LEASE, Result, begun, holding, keep, make, take_due
from ohmstead.store.engine import PostgresDatabase

log = structlog.get_logger("ohmstead.gateways")

AT_ONCE = 50
LOOK_S = 1.0  # real s between two looks for what has fallen due by time alone
GATHER_S, WRITE_S = 0.03, 0.005  # real s that what is begun, and answered, waits for others to be done with it


class GatewayCalls:
    """Makes up to AT_ONCE calls at a time, as soon as they are committed or due."""

    def __init__(self, database: PostgresDatabase, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._results: Batcher[Result, None] = Batcher(self._write, WRITE_S)

    async def run(self) -> None:
        """For ever."""
        end = begun.connect(self.wake)
        try:
            while True:
                with suppress(DatabaseUnavailable, asyncpg.PostgresError):
                    async with self._database.dedicated() as line:
                        await line.add_listener(CHANNEL, self.wake)
                        while not line.is_closed():
                            await self._rest()
                await asyncio.sleep(LOOK_S)
        finally:
            end()
            for task in self._running:
                task.cancel()

    def wake(self, *_: Any) -> None:
        """There may be something to do."""
        self._wake.set()

    async def _rest(self) -> None:
        """Look, and then wait until there may be more: at once where as many were found as could be taken."""
        self._wake.clear()
        if await self.look():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._wake.wait()
        await asyncio.sleep(GATHER_S)

    async def look(self) -> bool:
        """Begin what is due, as much of it as there is room for; whether there may be more that there is room for."""
        room = AT_ONCE - len(self._running)
        if room == 0:
            return False  # whatever ends wakes us
        async with self._database.begin() as tx:
            calls = await take_due(tx, room, LEASE * self._clock.speed)
        for call in calls:
            task = asyncio.create_task(self._carry_out(call))
            self._running.add(task)
            task.add_done_callback(self._ended)
        return len(calls) == room and len(self._running) < AT_ONCE

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self.wake()

    async def _carry_out(self, call: Row) -> None:
        with holding(call["id"], asyncio.get_running_loop().create_future()):
            try:
                await self._results.put(await make(call))
            except Exception as error:  # it is looked up when its lease has ended
                log_failure(log, "outcome of a gateway call not kept", error, key=call["key"])

    async def _write(self, results: list[Result]) -> list[None]:
        async with self._database.begin() as tx:
            await keep(tx, results)
        return [None] * len(results)

    async def settled(self) -> None:
        """Return once what has begun is done."""
        while self._running:
            await asyncio.wait(self._running)
