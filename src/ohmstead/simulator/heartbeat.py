"""What beats in a station: the tick that follows its physics, and whatever it does at regular intervals."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from ohmstead.kit.clock import Clock
from ohmstead.simulator.tasks import Tasks


class HeartbeatTask:
    """`settle` brings the station up to now and says when it has to be looked at next."""

    def __init__(self, clock: Clock, tasks: Tasks, settle: Callable[[], datetime | None]) -> None:
        self._clock = clock
        self._tasks = tasks
        self._settle = settle
        self._wakes_at: datetime | None = None
        self._tick: asyncio.Task[None] | None = None
        self._rhythms: dict[str, asyncio.Task[None]] = {}

    def touch(self) -> None:
        """Something has changed: settle now, and wake up earlier if that is now due earlier."""
        due = self._settle()
        if due and (self._wakes_at is None or due < self._wakes_at):
            self._wakes_at = due
            if self._tick:
                self._tick.cancel()
            self._tick = self._tasks.start(self._follow(due))

    def beat(self, name: str, interval_s: Callable[[], float], action: Callable[[], None]) -> None:
        """Do `action` each `interval_s()` s, from an interval after now on; in place of what beat under that name."""
        if before := self._rhythms.pop(name, None):
            before.cancel()
        self._rhythms[name] = self._tasks.start(self._repeat(interval_s, action))

    def stop(self) -> None:
        """The power is off: nothing beats."""
        for task in (self._tick, *self._rhythms.values()):
            if task:
                task.cancel()
        self._tick, self._wakes_at = None, None
        self._rhythms.clear()

    async def _follow(self, due: datetime | None) -> None:
        while due:
            self._wakes_at = due
            await self._clock.sleep((due - self._clock.now()).total_seconds())
            due = self._settle()
        self._wakes_at = None

    async def _repeat(self, interval_s: Callable[[], float], action: Callable[[], None]) -> None:
        while (pause := interval_s()) > 0:
            await self._clock.sleep(pause)
            action()
