"""A site: a building that draws current of its own, and the meter that sees it together with the stations."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ohmstead.kit.clock import Clock
from ohmstead.simulator.station import Currents, Station
from ohmstead.simulator.tasks import Tasks


@dataclass(frozen=True)
class Load:
    """A building's current in A per phase: a base, appliances that switch on and off, and a restless rest."""

    base_a: Currents = (10.0, 10.0, 10.0)
    step_a: float = 8.0
    steps_per_hour: float = 4.0
    walk_a: float = 0.5
    """The standard deviation of what a minute changes."""
    at_most_a: float = 60.0


class Building:
    """Plays a load. Each phase has one appliance, and a random walk that is drawn back to its base; seeded."""

    def __init__(self, load: Load | None = None, seed: int = 0) -> None:
        self.load = load or Load()
        self._dice = random.Random(f"building {seed}")
        self._walk = [0.0, 0.0, 0.0]
        self._running = [False, False, False]

    @property
    def draw(self) -> Currents:
        """A per phase."""
        first, second, third = (
            min(self.load.at_most_a, max(0.0, base + walk + self.load.step_a * running))
            for base, walk, running in zip(self.load.base_a, self._walk, self._running, strict=True)
        )
        return first, second, third

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        switching = min(1.0, seconds * self.load.steps_per_hour / 3600)
        for phase in range(3):
            if self._dice.random() < switching:
                self._running[phase] = not self._running[phase]
            # a pull of 5 % a minute keeps the walk near its base, however long it lasts
            self._walk[phase] *= max(0.0, 1 - 0.05 * seconds / 60)
            self._walk[phase] += self._dice.gauss(0, self.load.walk_a * (seconds / 60) ** 0.5)


@dataclass(frozen=True)
class Reading:
    """What the site's meter shows, in A per phase: in all, and how much of it the building and the stations take."""

    at: datetime
    total: Currents
    building: Currents
    stations: Currents


Report = Callable[[Reading], Awaitable[None]]


class Meter:
    """Reads the site each `interval_s` s and hands the reading to `report`. Stations feed in by their own rotation."""

    def __init__(
        self,
        clock: Clock,
        stations: Sequence[Station],
        report: Report,
        *,
        building: Building | None = None,
        interval_s: float = 10.0,
    ) -> None:
        self.building = building or Building()
        self.interval_s = interval_s
        self._clock = clock
        self._stations = stations
        self._report = report
        self._tasks = Tasks("of the meter")

    def read(self) -> Reading:
        """The currents right now."""
        building, stations = self.building.draw, add(*(station.site_draw() for station in self._stations))
        return Reading(self._clock.now(), add(building, stations), building, stations)

    def start(self) -> None:
        self._tasks.start(self._keep_reading())

    async def stop(self) -> None:
        await self._tasks.ended()

    async def _keep_reading(self) -> None:
        while True:
            await self._report(self.read())
            await self._clock.sleep(self.interval_s)
            self.building.advance(self.interval_s)


def add(*draws: Currents) -> Currents:
    """The sum per phase, in A."""
    return sum(d[0] for d in draws), sum(d[1] for d in draws), sum(d[2] for d in draws)
