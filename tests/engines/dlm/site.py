"""A whole site in one-second steps: cars, stations on a bad network, a building, its meter, and load management.

The physics is what the tests measure: what cars and building really draw, against what the cables really carry.
"""

import random
from dataclasses import dataclass

from ohmstead.engines.dlm.allocate import Demand, allocate
from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse
from ohmstead.engines.dlm.tree import Amps, Circuit, Tree
from ohmstead.engines.dlm.unmanaged import ManagedDraw, UnmanagedLoad
from ohmstead.engines.dlm.usage import Usage
from ohmstead.engines.dlm.wiring import Mask
from tests.engines.dlm.stations import Station

MASKS: list[Mask] = [(1, 1, 1), (1, 0, 0), (1, 1, 1), (0, 1, 0), (0, 0, 1), (1, 1, 1)]
TREE = Tree(
    [
        Circuit("main", None, 120.0),
        Circuit("left", "main", 63.0, rotation="STR"),
        Circuit("right", "main", 50.0, rotation="RTS"),
    ]
)
LATENCY, STEP = 8, 12.0  # s at most each way; A the building's load changes by at most once a minute


@dataclass
class Car:
    """Takes up to `most` A; from `tires_at` on it takes a third of that."""

    most: float
    tires_at: int

    def wants(self, second: int) -> float:
        return self.most if second < self.tires_at else self.most / 3


class Site:
    """`trouble` scales how often frames are lost or refused and stations go offline; 0 is a perfect network."""

    def __init__(self, seed: int, trouble: float, evses: int = 12) -> None:
        self.dice, self.trouble, self.second = random.Random(seed), trouble, 0
        self.envelope = Envelope(TREE)
        self.stations: dict[int, Station] = {}
        self.cars: dict[int, Car] = {}
        self.usages: dict[int, Usage] = {}
        self.draws = {id: ManagedDraw() for id in range(evses)}
        self.back_at: dict[int, int] = {}
        self.wire: list[tuple[int, int, str, int]] = []  # due at, station, "frame" or "yes" or "no", number
        self.building: list[float] = [10.0, 14.0, 6.0]
        self.meter = UnmanagedLoad(period=10.0, reserved=40.0, margin=15.0)
        self.energy = self.possible = 0.0  # phase-ampere-seconds, drawn and with perfect knowledge
        for id in range(evses):
            evse = Evse(id, self.dice.choice(["left", "right"]), self.dice.choice(MASKS), rating=32.0, ttl=300.0)
            self.stations[id] = Station(evse, self.dice.uniform(-30, 30))
            self.envelope.attached(evse)
            self.envelope.came_online(id)

    def step(self) -> None:
        """One second: the world moves, messages arrive, load management looks at it."""
        self.second += 1
        self._cars_come_and_go()
        self._connections_change()
        if self.second % 60 == 0:
            self.building = [min(40.0, max(0.0, amps + self.dice.uniform(-STEP, STEP))) for amps in self.building]
        self._measure()
        arrived = self._deliver()
        for seq in self.envelope.overdue(self.second):
            self.envelope.lost(seq)
        if arrived or self.second % 10 == 0:
            self._manage()
        self.energy += self._phase_amperes(self._drawn())
        self.possible += self._phase_amperes(self._ideal()) if self.second % 10 == 0 else 0.0

    def excess(self) -> float:
        """A by which any conductor is overloaded in truth."""
        over = TREE.overloads(self._loads(self._drawn()), {"main": self._left_by_the_building()})
        return max(over.values(), default=0.0)

    def _drawn(self) -> dict[int, float]:
        now = self.second
        return {id: min(car.wants(now), self.stations[id].may_draw(now)) for id, car in self.cars.items()}

    def _loads(self, amps: dict[int, float]):
        return [(self.stations[id].evse.circuit, self.stations[id].evse.mask, drawn) for id, drawn in amps.items()]

    def _phase_amperes(self, amps: dict[int, float]) -> float:
        return sum(sum(self.stations[id].evse.mask) * drawn for id, drawn in amps.items())

    def _left_by_the_building(self) -> Amps:
        first, second, third = (cap - amps for cap, amps in zip(TREE.limits["main"], self.building, strict=True))
        return first, second, third

    def _ideal(self) -> dict[int, float]:
        """Ten seconds' worth of what an allocator gives that knows all and is obeyed at once."""
        wants = [self._demand(id, car.wants(self.second)) for id, car in self.cars.items()]
        amps = allocate(TREE, wants, {"main": self._left_by_the_building()}).amps
        return {int(id): 10 * drawn for id, drawn in amps.items()}

    def _demand(self, id: int, most: float, running: bool = True) -> Demand:
        evse = self.stations[id].evse
        return Demand(id, evse.circuit, evse.mask, evse.lowest, max(most, evse.lowest), running=running, arrived=id)

    def _cars_come_and_go(self) -> None:
        for id, station in self.stations.items():
            if id in self.cars and self.dice.random() < 1 / 5400:
                del self.cars[id], self.usages[id]
                station.end_session()
                station.known_session = station.session
                self.envelope.released(id, up_to=self.envelope.record(id)["last"])
            elif id not in self.cars and self.dice.random() < 1 / 600:
                car = Car(self.dice.choice([10.0, 16.0, 32.0]), self.second + self.dice.randrange(600, 3600))
                self.cars[id], self.usages[id] = car, Usage(32.0)

    def _connections_change(self) -> None:
        for id in self.stations:
            if self.back_at.get(id) == self.second:
                self.envelope.came_online(id)
            elif self.back_at.get(id, 0) < self.second and self.dice.random() < self.trouble * 0.004 / 60:
                self.back_at[id] = self.second + self.dice.randrange(60, 1500)
                self.envelope.went_offline(id)

    def _measure(self) -> None:
        drawn = self._drawn()
        for id in self.stations:
            if (self.second + id) % 15 == 0 and self.envelope.steerable(id):
                amps, mask = drawn.get(id, 0.0), self.stations[id].evse.mask
                self.draws[id].measured(self.second, [amps * line for line in mask])
                if id in self.usages:
                    self.usages[id].observe(self.second, self.stations[id].in_force(self.second), amps)
        outage = self.trouble and 3600 <= self.second < 4700
        if self.second % 10 == 0 and not outage:
            total = TREE.load(self._loads(drawn))[:3]
            least = [sum(line) for line in zip(*(draw.least(self.second) for draw in self.draws.values()), strict=True)]
            most = [sum(line) for line in zip(*(draw.most(self.second) for draw in self.draws.values()), strict=True)]
            metered = [cars + amps for cars, amps in zip(total, self.building, strict=True)]
            self.meter.report(self.second, metered, (least[0], least[1], least[2]), (most[0], most[1], most[2]))

    def _deliver(self) -> bool:
        """Whether any answer arrived."""
        due = sorted(message for message in self.wire if message[0] <= self.second)
        self.wire = [message for message in self.wire if message[0] > self.second]
        for _, id, kind, seq in due:
            if kind == "frame":
                self._frame_arrives(id)
            elif kind == "yes":
                self.envelope.accepted(seq, self.second)
                self._follows(id, self.stations[id].in_force(self.second))
            else:
                self.envelope.rejected(seq, self.second)
        return any(kind != "frame" for _, _, kind, _ in due)

    def _follows(self, id: int, amps: float) -> None:
        first, second, third = (amps * line for line in self.stations[id].evse.mask)
        self.draws[id].limited(self.second, amps)
        self.draws[id].raised(self.second, (first, second, third))

    def _frame_arrives(self, id: int) -> None:
        station = self.stations[id]
        station.refuses = self.dice.random() < self.trouble * 0.01
        seq, accepted = station.take(self.second)
        if self.dice.random() >= self.trouble * 0.01 and self.envelope.steerable(id):
            self._post(id, "yes" if accepted else "no", seq)

    def _post(self, id: int, kind: str, seq: int) -> None:
        """Messages to a station keep their order."""
        before = max((due for due, to, *_ in self.wire if to == id), default=0)
        self.wire.append((max(before, self.second + self.dice.randint(0, LATENCY)), id, kind, seq))

    def _manage(self) -> None:
        """What the caller of the engine does, whenever anything changed and every ten seconds."""
        now = self.second
        limits = {"main": self.meter.at(now).leaves(TREE.limits["main"])}
        self.envelope.limits_changed(limits)
        engaged = [id for id in self.cars if self.envelope.steerable(id)]
        caps = {id: self.usages[id].cap or 32.0 for id in engaged}
        running = {id: self.envelope.may_draw(id, now) > 0 for id in engaged}
        demands = [self._demand(id, caps[id], running[id]) for id in engaged]
        targets = allocate(TREE, demands, self.envelope.room(engaged, now)).amps
        for send in self.envelope.plan(targets, now):
            id = int(send.evse)
            self.envelope.sent(send.seq, now)
            if self.dice.random() >= self.trouble * 0.01:
                self.stations[id].receive(send)
                self._post(id, "frame", send.seq)
