"""Rotation: where the cables do not carry the minimum of all, sessions take turns.

Who waits at 0 A gets in for running sessions that have charged for a dwell. Of those the ones that got most per weight
give way first, no more of them than the waiting one needs, and none where it would not fit even so. Who has waited
longest is next; where it needs several that have not all charged for long enough, nobody else gets in there before it.
Twice the weight charges for twice as long before it gives way, and waits half as long among others. Leftovers (weight
0) take turns among themselves, and only while nobody else wants to.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ohmstead.engines.dlm.allocate import TOLERANCE, Allocation, Demand, allocate
from ohmstead.engines.dlm.steps import ceiled
from ohmstead.engines.dlm.tree import Amps, Id, Tree

DWELL = 900.0  # s


@dataclass(slots=True)
class Turn:
    """One session's: since when (s) it charges or waits at 0 A, of both one, and what it got so far (A·h a line)."""

    id: Id
    weight: float = 1.0
    running_since: float | None = None
    waited_since: float | None = None
    got: float = 0.0
    arrived: Any = 0


@dataclass(frozen=True, slots=True)
class Rotation:
    """`out` gives way to `into`; who stands as running from now on, and who does not, of all these have to do with."""

    out: frozenset[Id] = frozenset()
    into: frozenset[Id] = frozenset()
    running: Mapping[Id, bool] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.out)

    def applied(self, demands: Iterable[Demand]) -> list[Demand]:
        """The demands as they stand after it."""
        return [replace(one, running=self.running.get(one.id, one.running)) for one in demands]


def rotate(
    now: float,
    sessions: Iterable[Turn],
    tree: Tree,
    demands: Collection[Demand],
    allocation: Allocation,
    limits: Mapping[Id, Amps] | None = None,
    resolution: float = 0.1,
    dwell: float = DWELL,
) -> Rotation:
    """Who gives way to whom, after `allocation` of these demands within these limits left some of them waiting.

    A demand whose turn is not among the sessions takes no part: it is new."""
    turns = {turn.id: turn for turn in sessions}
    for tier in ([one for one in demands if one.weight], [one for one in demands if not one.weight]):
        if any(allocation.refused.get(one.id) is not None for one in tier):
            capacities = tree.capacities(limits)
            if not tier[0].weight:
                others = [(one.circuit, one.mask, allocation.amps[one.id]) for one in demands if one.weight]
                capacities = [cap - load for cap, load in zip(capacities, tree.load(others), strict=True)]
            if rotation := _Tier(now, turns, tree, tier, allocation, capacities, resolution, dwell).rotated():
                return rotation
    return Rotation()


class _Tier:
    """Those of weight 0, or those of more, and the room that their minima leave on each conductor."""

    def __init__(
        self,
        now: float,
        turns: Mapping[Id, Turn],
        tree: Tree,
        demands: list[Demand],
        allocation: Allocation,
        capacities: list[float],
        resolution: float,
        dwell: float,
    ) -> None:
        self.now, self.turns, self.dwell = now, turns, dwell
        self.low = {one.id: ceiled(one.min, one.step(resolution)) for one in demands}
        self.crossings = {one.id: tree.crossings(one.circuit, one.mask) for one in demands}
        self.room = capacities
        self.admitted = {one.id for one in demands if one.id not in allocation.refused}
        for id in self.admitted:
            self._take(id)
        known = [one.id for one in demands if one.id in turns]
        self.waiting = [id for id in known if allocation.refused.get(id) is not None]
        self.running = sorted((id for id in known if id in self.admitted), key=self._got, reverse=True)

    def rotated(self) -> Rotation:
        out, into, next_there = set[Id](), set[Id](), set[int]()
        for id in sorted(self.waiting, key=self._waited, reverse=True):
            lacking = self._lacking(id)
            if not lacking.isdisjoint(next_there):
                continue
            yielding = self._yielding(id, out, lacking)
            if yielding is not None:
                self._take(id)
                out.update(yielding)
                into.add(id)
            elif self._fits_within_a_dwell(id, out):
                next_there |= lacking
        for id in reversed(self.running):  # who got least first: what later ones gave may be enough without it
            if id in out and not self._lacking(id):
                self._take(id)
                out.remove(id)
        running = (self.admitted - out) | into
        return Rotation(frozenset(out), frozenset(into), {id: id in running for id in self.crossings})

    def _yielding(self, id: Id, out: Collection[Id], lacking: set[int]) -> list[Id] | None:
        """Those that make room where it lacks, taken off there; None, and nothing changed, where they cannot."""
        gives: list[Id] = []
        for one in self._old_enough(id, out, self.now):
            if not lacking.isdisjoint(self.crossings[one]):
                self._take(one, -1)
                gives.append(one)
                lacking = self._lacking(id)
        needed: list[Id] = []
        for one in reversed(gives):
            self._take(one)
            if not lacking and self._lacking(id):  # the others are not enough
                self._take(one, -1)
                needed.append(one)
        return None if lacking else needed

    def _fits_within_a_dwell(self, id: Id, out: Collection[Id]) -> bool:
        soon = self._old_enough(id, out, self.now + self.dwell)
        free = {number: self.room[number] for number in self.crossings[id]}
        for one in soon:
            for number in self.crossings[one]:
                if number in free:
                    free[number] += self.low[one]
        return all(amps >= self.low[id] - TOLERANCE for amps in free.values())

    def _old_enough(self, id: Id, out: Collection[Id], at: float) -> list[Id]:
        """The running ones that will have charged for long enough to give way to it, who got most first."""
        mine = self.turns[id].weight or 1.0
        found: list[Id] = []
        for one in self.running:
            turn = self.turns[one]
            since = self.now if turn.running_since is None else turn.running_since
            if one not in out and at - since >= self.dwell * max(1.0, (turn.weight or 1.0) / mine):
                found.append(one)
        return found

    def _lacking(self, id: Id) -> set[int]:
        return {number for number in self.crossings[id] if self.room[number] < self.low[id] - TOLERANCE}

    def _take(self, id: Id, sign: int = 1) -> None:
        for number in self.crossings[id]:
            self.room[number] -= sign * self.low[id]

    def _got(self, id: Id) -> float:
        turn = self.turns[id]
        return turn.got / (turn.weight or 1.0)

    def _waited(self, id: Id) -> float:
        """s, times the weight."""
        turn = self.turns[id]
        return 0.0 if turn.waited_since is None else (self.now - turn.waited_since) * (turn.weight or 1.0)


class Turns:
    """Whose turn it is in one tree, from look to look.

    A decision stands until there is another: a session that gave way does not count as running though its station has
    not answered yet, and who gets in for it does. After a restart all begin anew."""

    def __init__(self, dwell: float = DWELL) -> None:
        self.dwell = dwell
        self._turns: dict[Id, Turn] = {}
        self._amps: dict[Id, float] = {}
        self._at = 0.0

    def allocate(
        self, now: float, tree: Tree, demands: Iterable[Demand], limits: Mapping[Id, Amps] | None = None,
        resolution: float = 0.1,
    ) -> Allocation:  # fmt: skip
        """The allocation of these demands, turns taken; what it gives counts from now on. A dwell of inf: no turns."""
        wanted = [self._standing(demand) for demand in demands]
        allocation = allocate(tree, wanted, limits, resolution)
        self._count(now)
        if allocation.refused and self.dwell < math.inf:
            turns = [self._turns[one.id] for one in wanted if one.id in self._turns]
            turned = rotate(now, turns, tree, wanted, allocation, limits, resolution, self.dwell)
            after = allocate(tree, turned.applied(wanted), limits, resolution) if turned else allocation
            if turned.into.isdisjoint(after.refused):
                allocation = after
        self._note(now, wanted, allocation)
        return allocation

    def turn(self, id: Id) -> Turn | None:
        """Of one session; None where it is not known."""
        return self._turns.get(id)

    def _standing(self, demand: Demand) -> Demand:
        turn = self._turns.get(demand.id)
        if turn is not None and turn.arrived != demand.arrived:
            del self._turns[demand.id]
            turn = None  # another session
        running = demand.running if turn is None else turn.running_since is not None
        return demand if running is demand.running else replace(demand, running=running)

    def _count(self, now: float) -> None:
        for id, turn in self._turns.items():
            turn.got += self._amps.get(id, 0.0) * max(0.0, now - self._at) / 3600.0
        self._at = now

    def _note(self, now: float, demands: list[Demand], allocation: Allocation) -> None:
        """Whoever is not among the demands has no turn any more."""
        self._turns = {one.id: self._turns.get(one.id) or Turn(one.id, arrived=one.arrived) for one in demands}
        self._amps = {id: amps for id, amps in allocation.amps.items() if amps}
        for one in demands:
            turn = self._turns[one.id]
            turn.weight, runs = one.weight, one.id not in allocation.refused
            if runs and turn.running_since is None:
                turn.running_since, turn.waited_since = now, None
            elif not runs and turn.waited_since is None:
                turn.running_since, turn.waited_since = None, now
