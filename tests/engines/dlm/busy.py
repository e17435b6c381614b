"""A busy site in one-second steps: limits change every 20 to 50 s, cars take all they get, and some stations misbehave.

What load management believes is only what stations tell it: answers, and samples late, stale or averaged as each does.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse
from ohmstead.engines.dlm.obedience import TOLERANCE, Obedience, Verdict
from ohmstead.engines.dlm.tree import Circuit, Tree

RATING = 32.0
TREE = Tree([Circuit("main", None, 1000.0)])


@dataclass
class Meter:
    """How a station tells its draw: every `every` s, as it was some seconds before (`late`), or the mean since."""

    every: float = 15.0
    late: Callable[[random.Random], float] = lambda dice: 0.0
    averages: bool = False

    def reads(self, drawn: list[float], dice: random.Random) -> float:
        if self.averages:
            last = drawn[-max(1, round(self.every)) :]
            return sum(last) / len(last)
        return drawn[-1 - min(len(drawn) - 1, round(self.late(dice)))]


@dataclass
class Busy:
    """One EVSE, told a new limit by `wishes` every 20 to 50 s; `takes` says what its car draws under a limit.

    `over` counts the seconds in which it drew more than 2 A above what it might: an independent reckoning, from the
    limits the station accepted and 5 s for the car."""

    seed: int
    wishes: Callable[[random.Random], float]
    takes: Callable[[float, float], float] = lambda limit, now: min(limit, RATING)
    meter: Meter = field(default_factory=Meter)
    loses_answers: float = 0.0
    over: int = 0
    found_at: int | None = None
    verdicts: list[tuple[int, Verdict]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice, self.now, self.obedience = random.Random(self.seed), 0, Obedience()
        self.envelope, self.limit, self.target, self.change_at = Envelope(TREE), 0.0, 0.0, 0.0
        self.limits, self.drawn, self.sample_at = [0.0], [0.0], self.dice.uniform(1, 10)
        self.wire: list[tuple[float, int, float, bool]] = []
        self.sent: list[tuple[int, float, str]] = []
        self._attach()
        self.envelope.came_online("it")

    def run(self, seconds: int) -> "Busy":
        for _ in range(seconds):
            self.step()
            if self.obedience.convictions and self.found_at is None:
                self.found_at = self.now
        return self

    def step(self) -> None:
        self.now += 1
        self._steer()
        self._deliver()
        self.limits.append(self.limit)
        self.drawn.append(self.takes(self.limit, self.now))
        may = max(self.limits[-7:])
        self.over += self.found_at is None and self.drawn[-1] > may + TOLERANCE
        if self.now >= self.sample_at:
            self.sample_at += self.meter.every * self.dice.uniform(0.9, 1.1)
            self._sample(self.meter.reads(self.drawn, self.dice))

    def _steer(self) -> None:
        if self.now >= self.change_at:
            self.target, self.change_at = self.wishes(self.dice), self.now + self.dice.uniform(20, 50)
        for seq in self.envelope.overdue(self.now):
            self.envelope.lost(seq)
        target = self.target if self.obedience.obeys else 6.0
        for send in self.envelope.plan({"it": target}, self.now):
            self.envelope.sent(send.seq, self.now)
            self.sent.append((self.now, send.amps, send.reason))
            self.wire.append((self.now + self.dice.uniform(0.2, 2), send.seq, send.amps, False))
            self._expect()

    def _deliver(self) -> None:
        due = sorted(message for message in self.wire if message[0] <= self.now)
        self.wire = [message for message in self.wire if message[0] > self.now]
        for _, seq, amps, answered in due:
            if answered:
                self.envelope.accepted(seq, self.now)
                self._expect()
                continue
            self.limit = amps
            if self.dice.random() >= self.loses_answers:
                self.wire.append((self.now + self.dice.uniform(0.2, 2), seq, amps, True))

    def _sample(self, draw: float) -> None:
        self._expect()
        if verdict := self.obedience.observe(self.now, draw):
            self.verdicts.append((self.now, verdict))
            self.envelope.tell_again("it")
            self._attach()

    def _attach(self) -> None:
        control = "A" if self.obedience.obeys else "C"
        self.envelope.attached(Evse("it", "main", (1, 1, 1), rating=RATING, control=control))

    def _expect(self) -> None:
        self.obedience.allowance.expect(self.envelope.outlook("it", self.now))


def anything(dice: random.Random) -> float:
    """Any limit, and nothing at all now and then."""
    return dice.choice([0.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0, 24.0, 32.0])


def low(dice: random.Random) -> float:
    """Always below what an unlimited car takes."""
    return dice.uniform(6, 20)


class Swinging:
    """Up to the rating and down again, in turn: half of all samples of one who ignores it are within its limit."""

    def __init__(self) -> None:
        self.up = False

    def __call__(self, dice: random.Random) -> float:
        self.up = not self.up
        return RATING if self.up else 10.0


class Falling:
    """Down and down, then up at once."""

    def __init__(self) -> None:
        self.amps = RATING

    def __call__(self, dice: random.Random) -> float:
        self.amps = self.amps - dice.uniform(3, 8)
        self.amps = RATING if self.amps < 6 else self.amps
        return self.amps
