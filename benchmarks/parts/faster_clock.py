"""A faster clock that several processes share: one origin for all, so that a server started anew goes on in it."""

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ohmstead.kit.clock import Clock, SystemClock

VARIABLE = "BENCH_CLOCK"


@dataclass(frozen=True)
class FasterClock:
    """`speed` s pass in each s of the machine's, counted from `origin` at the machine's monotonic time `started`."""

    speed: float
    origin: datetime
    started: float

    @classmethod
    def begun(cls, speed: float) -> "FasterClock":
        """A clock that shows the present and goes faster from here."""
        return cls(speed, datetime.now(UTC), time.monotonic())

    @property
    def real(self) -> Clock:
        """Itself: whatever is waited for goes faster with it."""
        return self

    def now(self) -> datetime:
        return self.origin + timedelta(seconds=(time.monotonic() - self.started) * self.speed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.speed)

    def environment(self) -> dict[str, str]:
        """What a process needs to know of it (see `clock_from_environment`)."""
        return {VARIABLE: f"{self.speed} {self.origin.isoformat()} {self.started}"}


def clock_from_environment() -> Clock:
    """The shared clock where one is named, else one of our own, as fast as BENCH_SPEED says."""
    if text := os.environ.get(VARIABLE):
        speed, origin, started = text.split()
        return FasterClock(float(speed), datetime.fromisoformat(origin), float(started))
    return SystemClock(float(os.environ.get("BENCH_SPEED", "1")))
