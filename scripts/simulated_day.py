"""A day of a car park, simulated with the engine of load management alone: cars come and go, a building lives.

Stations answer within a second and cars follow at once: what is shown is how the current is shared, not what may fail.
"""

import math
import random
from dataclasses import dataclass, field
from itertools import pairwise

from ohmstead.engines.dlm.allocate import Demand, allocate
from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse
from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.steadiness import Band, steady
from ohmstead.engines.dlm.tree import Amps, Circuit, Tree
from ohmstead.engines.dlm.unmanaged import ManagedDraw, UnmanagedLoad
from ohmstead.engines.dlm.usage import Usage
from ohmstead.engines.dlm.wiring import Mask, Wiring

LIMIT_A, MARGIN_A, RESERVED_A = 80.0, 10.0, 50.0
TICK_S, SAMPLE_S, DAY_S = 10, 30, 86_400
VOLTS = 230.0
WIRED = (("RST", 32.0), ("STR", 32.0), ("TRS", 16.0), ("RST", 16.0), ("STR", 16.0), ("TRS", 16.0), ("RST", 16.0),
         ("STR", 16.0), ("L1", 32.0), ("L2", 32.0), ("L3", 32.0), ("L1", 32.0))  # fmt: skip
ARRIVALS = ((7.6, 0.7, 9), (11.9, 0.9, 5), (17.6, 1.1, 9), (20.5, 1.2, 3))  # o'clock, give or take, cars
BUILDING = ((0, 9), (5.5, 9), (7, 20), (9, 27), (11.5, 36), (13, 36), (15, 26), (17, 30), (19, 38), (21, 24), (24, 9))


@dataclass
class Car:
    """Wants so much energy, at most A a line; the last fifth of it ever more slowly. It leaves when it has to."""

    outlet: int
    comes_s: int
    leaves_s: int
    most: float
    wants_wh: float
    got_wh: float = 0.0

    def takes(self) -> float:
        """A on each line, were there no limit."""
        left = 1.0 - self.got_wh / self.wants_wh
        return 0.0 if left <= 0.005 else self.most * min(1.0, 0.2 + 4 * left)


@dataclass(frozen=True, slots=True)
class Moment:
    """A on the line that is looked at: what is not managed, what cars draw and what they would; and who charges or
    waits on the whole site."""

    at_s: int
    building: float
    cars: float
    would: float
    charging: int
    waiting: int


@dataclass
class Day:
    """One circuit with a meter, and outlets on all of its lines."""

    seed: int
    cars: list[Car] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice, self.tree = random.Random(self.seed), Tree([Circuit(1, None, LIMIT_A)])
        self.envelope = Envelope(self.tree, pace=Pace())
        self.meter = UnmanagedLoad(TICK_S, RESERVED_A, MARGIN_A)
        self.masks: dict[int, Mask] = {}
        self.draws: dict[int, ManagedDraw] = {}
        self.limits = dict.fromkeys(range(len(WIRED)), 0.0)
        self.usages: dict[int, Usage] = {}
        for id, (wired, rating) in enumerate(WIRED):
            self.masks[id] = self._wiring(wired).mask
            self.draws[id] = ManagedDraw()
            self.envelope.attached(Evse(id, 1, self.masks[id], rating))
            self.envelope.came_online(id)
        self._plan()
        self.steps = [0.0, 0.0, 0.0]  # of loads that come and go in the building, A

    def _wiring(self, wired: str) -> Wiring:
        if wired.startswith("L"):
            return self.tree.wiring(1, "single_phase", connected=wired)
        return self.tree.wiring(1, "three_phase", rotation=wired)

    def _plan(self) -> None:
        """Who comes when: to an outlet that is free by then, or not at all."""
        free_at = dict.fromkeys(range(len(WIRED)), 0)
        moments = sorted(self.dice.gauss(hour, spread) for hour, spread, count in ARRIVALS for _ in range(count))
        for hour in moments:
            comes = int(hour * 3600) // TICK_S * TICK_S
            stays = int(self.dice.triangular(0.8, 6.0, 2.8) * 3600)
            free = [id for id, at in free_at.items() if at <= comes]
            if free:
                outlet = self.dice.choice(free)
                lines, most = sum(self.masks[outlet]), min(WIRED[outlet][1], self.dice.choice((16.0, 16.0, 32.0)))
                wants = self.dice.uniform(0.35, 0.9) * lines * most * VOLTS * stays / 3600
                self.cars.append(Car(outlet, comes, comes + stays, most, wants))
                free_at[outlet] = comes + stays + 600

    def run(self, line: int) -> list[Moment]:
        """Every look of the day at one line, 0 to 2."""
        return [self._look(second, line) for second in range(0, DAY_S, TICK_S)]

    def _look(self, second: int, line: int) -> Moment:
        present = {car.outlet: car for car in self.cars if car.comes_s <= second < car.leaves_s}
        building = self._building(second)
        drawn = {id: min(car.takes(), self.limits[id]) for id, car in present.items()}
        self._measure(second, present, drawn, building)
        self._manage(second, present)
        for id, car in present.items():
            car.got_wh += sum(self.masks[id]) * drawn[id] * VOLTS * TICK_S / 3600
        wanting = [id for id, car in present.items() if car.takes()]
        charging = sum(drawn[id] > 0 for id in wanting)
        cars = sum(amps for id, amps in drawn.items() if self.masks[id][line])
        would = sum(present[id].takes() for id in wanting if self.masks[id][line])
        return Moment(second, building[line], cars, would, charging, len(wanting) - charging)

    def _building(self, second: int) -> Amps:
        """By the time of the day, with loads of 2 to 8 A that come and go."""
        hour = second / 3600
        usual = next(
            low + (high - low) * (hour - start) / (end - start)
            for (start, low), (end, high) in pairwise(BUILDING)
            if start <= hour <= end
        )
        for line in range(3):
            if self.dice.random() < TICK_S / 420:
                self.steps[line] = self.dice.choice((0.0, 0.0, 2.0, 4.0, 8.0)) * min(1.0, usual / 20)
        first, second_, third = (
            max(0.0, usual + step + 0.8 * math.sin(hour * 9 + line)) for line, step in enumerate(self.steps)
        )
        return first, second_, third

    def _measure(self, second: int, present: dict[int, Car], drawn: dict[int, float], building: Amps) -> None:
        for id, draw in self.draws.items():
            if (second + TICK_S * id) % SAMPLE_S == 0:
                draw.measured(second, [drawn.get(id, 0.0) * line for line in self.masks[id]])
                if id in present and id in self.usages:
                    self.usages[id].observe(second, self.limits[id], drawn[id])
        total = self.tree.load((1, self.masks[id], amps) for id, amps in drawn.items())
        least, most = (self._sum([ask(draw, second) for draw in self.draws.values()]) for ask in (
            ManagedDraw.least, ManagedDraw.most))  # fmt: skip
        self.meter.report(second, [amps + other for amps, other in zip(total, building, strict=True)], least, most)

    @staticmethod
    def _sum(draws: list[Amps]) -> Amps:
        return sum(a for a, _, _ in draws), sum(b for _, b, _ in draws), sum(c for _, _, c in draws)

    def _manage(self, second: int, present: dict[int, Car]) -> None:
        for id in [id for id in self.usages if id not in present]:
            del self.usages[id]
            self.envelope.released(id, self.envelope.newest(id))
            self.limits[id] = 0.0
        for id in present:
            self.usages.setdefault(id, Usage(WIRED[id][1]))
        self.envelope.limits_changed({1: self.meter.at(second).leaves(self.tree.limits[1])})
        demands = [self._demand(car, second) for car in present.values()]
        room = self.envelope.room(present, second)
        fair = allocate(self.tree, demands, room).amps
        held = {id: self.envelope.highest(id, second) for id in present}
        shares = steady(self.tree, demands, fair, held, {id: WIRED[id][1] for id in present}, room, Band())
        for send in self.envelope.plan(shares, second):
            id = int(send.evse)
            self.envelope.sent(send.seq, second)
            self.envelope.accepted(send.seq, second + 1)
            self.limits[id] = send.amps if id in present else send.fallback
            first, two, third = (send.amps * line for line in self.masks[id])
            self.draws[id].limited(second + 1, send.amps)
            self.draws[id].raised(second + 1, (first, two, third))

    def _demand(self, car: Car, second: int) -> Demand:
        id = car.outlet
        most = min(WIRED[id][1], self.usages[id].cap or math.inf)
        running = bool(self.envelope.offered(id, second))
        return Demand(id, 1, self.masks[id], 6.0, most, running=running, arrived=car.comes_s)
