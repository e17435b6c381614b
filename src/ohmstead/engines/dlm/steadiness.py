"""Steadiness: shares that stay as they are as long as they are fair enough, so that few limits have to be sent.

Whoever comes or leaves moves the fair share of everybody a little. To follow each time costs a message for each, and
the memory of a station wears out by writing. So who holds enough keeps what it holds: the fair share less a band, or
more. Where a line would carry too much, those furthest above their share give way first, and what is left over goes to
few, in whole steps, those furthest below their share first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ohmstead.engines.dlm.allocate import Demand
from ohmstead.engines.dlm.steps import ceiled, floored
from ohmstead.engines.dlm.tree import Amps, Id, Tree

FINE = 0.1  # A, where a demand does not say what its station keeps
HAIR = 1e-6  # A
MANY = 8  # demands


@dataclass(frozen=True, slots=True)
class Band:
    """How far a limit may be from the fair share where many share: `share` of that, at least `amps`; and the least
    change worth a message, in A. Where few share it is less: what they lack is a larger part, and messages are few."""

    amps: float = 6.0
    share: float = 0.6
    step: float = 3.0

    def among(self, demands: int) -> "Band":
        """For so many demands."""
        part = min(1.0, demands / MANY)
        return Band(self.amps * part, self.share * part, self.step * part)

    def around(self, fair: float) -> float:
        """In A."""
        return max(self.amps, self.share * fair)


EXACT = Band(0.0, 0.0, FINE)
"""No band: everybody has the fair share."""


def steady(
    tree: Tree,
    demands: Iterable[Demand],
    fair: Mapping[Id, float],
    held: Mapping[Id, float],
    most: Mapping[Id, float],
    limits: Mapping[Id, Amps],
    band: Band,
) -> dict[Id, float]:
    """A for each demand: `held` where that is fair enough and fits beside the others, else nearer to `fair`. Nobody
    keeps more than `most`, which may be more than the demand's maximum: what a car leaves unused hurts nobody while
    there is room."""
    every = list(demands)
    shares = _Shares(tree, every, fair, held, most, limits, band.among(len(every)))
    shares.give_way()
    shares.leave_unused()
    shares.hand_out()
    return shares.amps


class _Shares:
    """What each is to have so far (`amps`), and the room that leaves on each conductor."""

    def __init__(
        self,
        tree: Tree,
        demands: Sequence[Demand],
        fair: Mapping[Id, float],
        held: Mapping[Id, float],
        most: Mapping[Id, float],
        limits: Mapping[Id, Amps],
        band: Band,
    ) -> None:
        self.demands, self.fair, self.band = demands, fair, band
        self.crossed = {one.id: tree.crossings(one.circuit, one.mask) for one in demands}
        self.amps: dict[Id, float] = {}
        self.room = tree.capacities(limits)
        for one in demands:
            self._set(one, self._kept(one, held.get(one.id, 0.0), most[one.id]))

    def give_way(self) -> None:
        """Those furthest above their fair share go down first, by a whole step or more, until no line carries too
        much."""
        for one in sorted(self.demands, key=self._below):
            fair, amps, step = self.fair[one.id], self.amps[one.id], one.step(FINE)
            lacking = -self._room(one)
            least = min(fair, ceiled(max(one.min, fair - self.band.around(fair)), step))
            if lacking > HAIR and amps > least:
                self._set(one, max(least, floored(amps - max(lacking, self.band.step), step)))

    def leave_unused(self) -> None:
        """Who holds more than it has a use for gives that to those that are below their fair share for it."""
        fair, amps = self.fair, self.amps
        idle = [one for one in self.demands if amps[one.id] > max(one.max, fair[one.id]) + HAIR]
        for one in sorted(self.demands, key=self._below, reverse=True):
            if self._below(one) <= self.band.step:
                break
            for other in idle:
                lacking = (n for n in self.crossed[one.id] if self.room[n] < self._below(one) - HAIR)
                if not set(self.crossed[other.id]).isdisjoint(lacking):
                    self._set(other, fair[other.id])
            idle = [other for other in idle if amps[other.id] > fair[other.id] + HAIR]

    def hand_out(self) -> None:
        """What is left goes to those furthest below their fair share first, up to the band above it."""
        for one in sorted(self.demands, key=self._below, reverse=True):
            fair, amps = self.fair[one.id], self.amps[one.id]
            most = min(one.max, fair + self.band.around(fair), amps + self._room(one))
            raised = floored(most, one.step(FINE))
            if fair and (raised >= amps + self.band.step or (raised > amps and raised >= one.max - HAIR)):
                self._set(one, raised)

    def _kept(self, one: Demand, held: float, most: float) -> float:
        """What it holds, unless that is too far below the fair share; who is above gives way where others need it."""
        fair = self.fair[one.id]
        near = one.min - HAIR <= held <= most + HAIR and held >= fair - self.band.around(fair)
        whole = abs(floored(held, one.step(FINE)) - held) < HAIR
        return held if fair and near and whole else fair

    def _below(self, one: Demand) -> float:
        """A that it lacks to its fair share; below 0 where it has more."""
        return self.fair[one.id] - self.amps[one.id]

    def _room(self, one: Demand) -> float:
        return min(self.room[number] for number in self.crossed[one.id])

    def _set(self, one: Demand, amps: float) -> None:
        change = amps - self.amps.get(one.id, 0.0)
        for number in self.crossed[one.id]:
            self.room[number] -= change
        self.amps[one.id] = amps
