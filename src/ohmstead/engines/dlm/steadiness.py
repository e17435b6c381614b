"""Steadiness: shares that stay as they are as long as they are fair enough, so that few limits have to be sent.

Whoever comes or leaves moves the fair share of everybody a little. To follow each time costs a message for each, and
the memory of a station wears out by writing. So who holds enough keeps what it holds: the fair share less a band, or
more. Where a line would carry too much, those furthest above their share give way first, and what is left over goes to
few, in whole steps, those furthest below their share first.
"""

from collections.abc import Iterable, Mapping
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
    every = {demand.id: demand for demand in demands}
    band = band.among(len(every))
    amps = {id: _kept(one, fair[id], held.get(id, 0.0), most[id], band) for id, one in every.items()}
    room = tree.capacities(limits)
    for id, one in every.items():
        for number in tree.crossings(one.circuit, one.mask):
            room[number] -= amps[id]
    _give_way(tree, every, amps, fair, room, band)
    _leave_unused(tree, every, amps, fair, room, band)
    _hand_out(tree, every, amps, fair, room, band)
    return amps


def _kept(demand: Demand, fair: float, held: float, most: float, band: Band) -> float:
    """What it holds, unless that is too far below the fair share; who is above gives way where others need it."""
    near = demand.min - HAIR <= held <= most + HAIR and held >= fair - band.around(fair)
    whole = abs(floored(held, _step(demand)) - held) < HAIR
    return held if fair and near and whole else fair


def _give_way(
    tree: Tree,
    every: Mapping[Id, Demand],
    amps: dict[Id, float],
    fair: Mapping[Id, float],
    room: list[float],
    band: Band,
) -> None:
    """Those furthest above their fair share go down first, by a whole step or more, until no line carries too much."""
    for id in sorted(amps, key=lambda id: fair[id] - amps[id]):
        demand = every[id]
        crossed = tree.crossings(demand.circuit, demand.mask)
        lacking = -min(room[number] for number in crossed)
        least = min(fair[id], ceiled(max(demand.min, fair[id] - band.around(fair[id])), _step(demand)))
        if lacking > HAIR and amps[id] > least:
            lowered = max(least, floored(amps[id] - max(lacking, band.step), _step(demand)))
            for number in crossed:
                room[number] += amps[id] - lowered
            amps[id] = lowered


def _leave_unused(
    tree: Tree,
    every: Mapping[Id, Demand],
    amps: dict[Id, float],
    fair: Mapping[Id, float],
    room: list[float],
    band: Band,
) -> None:
    """Who holds more than it has a use for gives that to those that are below their fair share for it."""
    idle = [id for id, one in every.items() if amps[id] > max(one.max, fair[id]) + HAIR]
    for id in sorted((id for id in amps if amps[id] < fair[id] - band.step), key=lambda id: amps[id] - fair[id]):
        crossed = tree.crossings(every[id].circuit, every[id].mask)
        for other in idle:
            lacking = [number for number in crossed if room[number] < fair[id] - amps[id] - HAIR]
            given = tree.crossings(every[other].circuit, every[other].mask)
            if not set(lacking).isdisjoint(given):
                for number in given:
                    room[number] += amps[other] - fair[other]
                amps[other] = fair[other]
        idle = [other for other in idle if amps[other] > fair[other] + HAIR]


def _hand_out(
    tree: Tree,
    every: Mapping[Id, Demand],
    amps: dict[Id, float],
    fair: Mapping[Id, float],
    room: list[float],
    band: Band,
) -> None:
    """What is left goes to those furthest below their fair share first, up to the band above it."""
    for id in sorted((id for id in amps if fair[id]), key=lambda id: amps[id] - fair[id]):
        demand = every[id]
        crossed = tree.crossings(demand.circuit, demand.mask)
        most = min(demand.max, fair[id] + band.around(fair[id]), amps[id] + min(room[number] for number in crossed))
        raised = floored(most, _step(demand))
        if raised >= amps[id] + band.step or (raised > amps[id] and raised >= demand.max - HAIR):
            for number in crossed:
                room[number] -= raised - amps[id]
            amps[id] = raised


def _step(demand: Demand) -> float:
    return FINE if demand.resolution is None else demand.resolution
