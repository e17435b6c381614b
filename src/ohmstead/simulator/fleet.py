"""A crowd: cars of all kinds come to stations, charge for a while and leave again, by a plan that a seed decides."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ohmstead.kit.clock import Clock
from ohmstead.simulator.station import Station
from ohmstead.simulator.tasks import Tasks
from ohmstead.simulator.vehicle import Vehicle


@dataclass(frozen=True)
class Model:
    """A kind of car, and how often it is seen relative to the others."""

    name: str
    phases: int
    max_a: float
    battery_wh: float
    weight: float


MODELS = (
    Model("plug-in hybrid", 1, 16, 12_000, 3),
    Model("compact, one phase", 1, 32, 40_000, 2),
    Model("compact, two phases", 2, 16, 36_000, 1),
    Model("family car", 3, 16, 60_000, 5),
    Model("large car", 3, 32, 95_000, 1),
)


@dataclass(frozen=True)
class Habits:
    """How the crowd behaves: mean s between a car's leaving and the next one's coming, mean s of a stay."""

    mean_gap_s: float = 1800.0
    mean_stay_s: float = 3 * 3600.0
    models: Sequence[Model] = MODELS
    tags: Sequence[str] = ()
    """Cards of the drivers; without any the cars only plug in, and somebody else must start the charging."""


@dataclass(frozen=True)
class Visit:
    """One car's stay at one connector; the gap, in s, lies before it."""

    gap_s: float
    stay_s: float
    model: Model
    soc: float
    reaction_s: float
    tag: str | None

    def vehicle(self) -> Vehicle:
        model = self.model
        return Vehicle(model.phases, model.max_a, battery_wh=model.battery_wh, soc=self.soc, reaction_s=self.reaction_s)


def visits(seed: str, habits: Habits) -> Iterator[Visit]:
    """The endless plan of one connector: the same for the same seed, whatever happens elsewhere or how fast."""
    dice = random.Random(seed)
    weights = [model.weight for model in habits.models]
    while True:
        yield Visit(
            gap_s=dice.expovariate(1 / habits.mean_gap_s),
            stay_s=dice.expovariate(1 / habits.mean_stay_s),
            model=dice.choices(habits.models, weights)[0],
            soc=dice.uniform(10, 85),
            reaction_s=dice.uniform(0.5, 5),
            tag=dice.choice(habits.tags) if habits.tags else None,
        )


class Fleet:
    """Keeps the connectors of switched-on stations busy; nobody else may plug in or unplug there."""

    def __init__(self, stations: Sequence[Station], clock: Clock, seed: int = 0, habits: Habits | None = None) -> None:
        self.stations = stations
        self.arrivals = self.departures = self.turned_away = 0
        self._clock = clock
        self._seed = seed
        self._habits = habits or Habits()
        self._tasks = Tasks("of the fleet")

    def start(self) -> None:
        """Let them come."""
        for station in self.stations:
            for connector in station.hardware.connectors:
                self._tasks.start(self._occupy(station, connector))

    async def stop(self) -> None:
        """Nobody comes or leaves any more; who is plugged in stays so."""
        await self._tasks.ended()

    async def run(self, duration_s: float) -> None:
        """Start, and stop after `duration_s` s of the clock."""
        self.start()
        try:
            await self._clock.sleep(duration_s)
        finally:
            await self.stop()

    async def _occupy(self, station: Station, connector: int) -> None:
        for visit in visits(f"{self._seed} {station.identity} {connector}", self._habits):
            await self._clock.sleep(visit.gap_s)
            station.plug(connector, visit.vehicle())
            self.arrivals += 1
            charging = self._tasks.start(self._present(station, connector, visit))
            try:
                await self._clock.sleep(visit.stay_s)
            finally:
                charging.cancel()
            station.unplug(connector)
            self.departures += 1

    async def _present(self, station: Station, connector: int, visit: Visit) -> None:
        if visit.tag and not await station.present_tag(connector, visit.tag):
            self.turned_away += 1
