"""Allocation: who may charge, and with how many amperes, when the cables cannot carry everyone at full power.

Weighted max-min fairness over every conductor of the tree, with semi-continuous demands: a car gets nothing or at least
its minimum. Two steps. *Admission* reserves the minima: running sessions first, so that a newcomer never pushes one
below its minimum, then the highest weight per ampere reserved, then the earliest. *Filling* raises everyone admitted in
proportion to weight until a maximum or a full conductor stops them; it jumps from event to event and is exact.
A weight of 0 means leftovers only: such demands are admitted and filled after all others, running or not.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ohmstead.engines.dlm.filling import Share, fill
from ohmstead.engines.dlm.steps import ceiled, floored
from ohmstead.engines.dlm.tree import Amps, Conductor, Id, Tree
from ohmstead.engines.dlm.wiring import Mask

TOLERANCE = 1e-9  # A, the rounding of a sum


@dataclass(frozen=True, slots=True)
class Deadline:
    """A session is to have so many A·h a line more within so many hours; it has `got` some already."""

    hours: float
    wanted: float
    got: float = 0.0


@dataclass(frozen=True, slots=True)
class Demand:
    """What one EVSE could use: nothing, or `min`..`max` A on each line of `mask` (of the root's lines).

    `running` sessions are admitted before new ones; `arrived` is anything that sorts, the earliest first. `resolution`
    is what its station keeps of a limit, in A; None: as finely as all. The `deadline` is for laxity.Deadlines only."""

    id: Id
    circuit: Id
    mask: Mask
    min: float
    max: float
    weight: float = 1.0
    running: bool = False
    arrived: Any = 0
    resolution: float | None = None
    deadline: Deadline | None = None

    def step(self, resolution: float) -> float:
        """A: what its station keeps of a limit, where others keep `resolution`."""
        return resolution if self.resolution is None else self.resolution


@dataclass(frozen=True, slots=True)
class Allocation:
    """A per EVSE, with reasons: which conductor kept a demand from its maximum, or from being admitted at all.

    A demand whose maximum is below its minimum is refused by no conductor (None)."""

    amps: dict[Id, float] = field(default_factory=dict)
    bottlenecks: dict[Id, Conductor] = field(default_factory=dict)
    refused: dict[Id, Conductor | None] = field(default_factory=dict)


def allocate(
    tree: Tree, demands: Iterable[Demand], limits: Mapping[Id, Amps] | None = None, resolution: float = 0.1
) -> Allocation:
    """Share `limits` (A on the root's lines per circuit; the tree's own where not given) among the demands.

    Amperes are rounded down to `resolution` A (0: not at all), or to the demand's own; minima are rounded up to it
    first. Raises ValueError for a demand given twice or with a weight or current that is negative or not finite."""
    shares = {demand.id: _share(tree, demand, demand.step(resolution)) for demand in _checked(demands)}
    room = tree.capacities(limits)
    result = Allocation()
    ranked = sorted(shares, key=lambda id: _rank(shares[id]))
    for leftovers in (False, True):
        tier = [shares[id] for id in ranked if bool(shares[id].demand.weight) is not leftovers]
        fill(_admit(tree, tier, room, result), room)
    for id, share in shares.items():
        result.amps[id] = float(floored(share.amps, share.demand.step(resolution)))
        if share.stopped_by is not None:
            result.bottlenecks[id] = tree.conductor(share.stopped_by)
    return result


def _checked(demands: Iterable[Demand]) -> list[Demand]:
    known = list(demands)
    if len({demand.id for demand in known}) < len(known):
        raise ValueError("a demand is given twice")
    for demand in known:
        values = (demand.min, demand.max, demand.weight)
        if not all(math.isfinite(value) and value >= 0 for value in values) or not any(demand.mask):
            raise ValueError(f"demand {demand.id} has a weight, current or mask that makes no sense")
    return known


def _share(tree: Tree, demand: Demand, step: float) -> Share:
    low, high = ceiled(demand.min, step), floored(demand.max, step)
    return Share(demand, tree.crossings(demand.circuit, demand.mask), low, high, demand.weight or 1.0)


def _rank(share: Share) -> tuple[bool, float, Any, Id]:
    """Running first, then the most weight per ampere the minimum reserves, then the earliest; the id ends ties."""
    demand = share.demand
    reserved = sum(demand.mask) * share.low
    return not demand.running, -share.weight / reserved if reserved else -math.inf, demand.arrived, demand.id


def _admit(tree: Tree, ranked: list[Share], room: list[float], result: Allocation) -> list[Share]:
    """Reserve the minimum of each in turn, skipping who does not fit; `room` shrinks by what is reserved."""
    admitted = []
    for share in ranked:
        tightest = min(share.crossings, key=room.__getitem__)
        if share.low > share.high:
            result.refused[share.demand.id] = None
        elif room[tightest] < share.low - TOLERANCE:
            result.refused[share.demand.id] = tree.conductor(tightest)
        else:
            share.amps = share.low
            admitted.append(share)
            for number in share.crossings:
                room[number] -= share.low
    return admitted
