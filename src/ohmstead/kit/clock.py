"""The clock as an argument: nothing below the command line reads the machine's time by itself."""

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

LEAST_SLEEP_S = 0.01  # real s, however fast a clock was set to go: who looks now and then must not look all the time


class Clock(Protocol):
    """Tells the time and lets a task wait in it. `speed` s of it pass in each of the machine's."""

    speed: float

    @property
    def real(self) -> "Clock":
        """By what sockets are waited for and certificates live: the machine's time where this was set, else this."""
        ...

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` s of this clock have passed."""
        ...


class SystemClock:
    """The machine's time; `speed` > 1 makes a demo or a test live faster than the wall (s of clock per s of wall)."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._origin = datetime.now(UTC)
        self._started = time.monotonic()

    @property
    def real(self) -> Clock:
        return self

    def now(self) -> datetime:
        if self.speed == 1.0:
            return datetime.now(UTC)
        return self._origin + timedelta(seconds=(time.monotonic() - self._started) * self.speed)

    async def sleep(self, seconds: float) -> None:
        until = time.monotonic() + max(0.0, seconds) / self.speed
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        while time.monotonic() < until:  # noqa: ASYNC110 - event loops count in whole ms, and wake a little early
            await asyncio.sleep(until - time.monotonic())


class SetClock(SystemClock):
    """A clock that was set for a rehearsal: it tells `start` now and goes on from there, faster or slower."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        super().__init__(speed)
        self._origin, self._machine = start.astimezone(UTC), SystemClock()

    @property
    def real(self) -> Clock:
        return self._machine

    def now(self) -> datetime:
        return self._origin + timedelta(seconds=(time.monotonic() - self._started) * self.speed)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(max(seconds, LEAST_SLEEP_S * self.speed))


class ManualClock:
    """A clock that stands still until a test moves it; sleepers wake in the order of their due times."""

    speed = 1.0

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    @property
    def real(self) -> Clock:
        return self

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move the time on, waking every sleeper that falls due on the way at its own moment."""
        target = self._now + timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, due)
            if not woken.done():
                woken.set_result(None)
            await asyncio.sleep(0)
        self._now = target
        await asyncio.sleep(0)
