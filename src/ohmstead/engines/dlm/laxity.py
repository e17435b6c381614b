"""Laxity: sessions whose departure and energy are known share what they have by how much time they can lose.

What all of them get together is what they would get if nobody knew: those without a deadline lose nothing by it. Among
those with one it goes to whoever needs it soonest. How much each is to have by its departure is shared fairly first:
everybody's part of what it asked for rises alike (by weight) as far as the cables carry, for each departure, what is
due until then. Whoever is due more, or sooner, weighs more now. Who would get less than its minimum by that waits, and
charges at the minimum for a part of the time instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ohmstead.engines.dlm.allocate import TOLERANCE, Allocation, Deadline, Demand, allocate
from ohmstead.engines.dlm.filling import Share, fill
from ohmstead.engines.dlm.rotation import DWELL
from ohmstead.engines.dlm.steps import ceiled
from ohmstead.engines.dlm.tree import Amps, Conductor, Id, Tree

SOONEST = 1 / 12  # h: a departure that is nearer is reckoned with as if it were this far away
MOMENTS = 12  # departures that are told apart; the others count as the next of these
LEFTOVERS = 1e-6  # weight of who has all that it wanted
NEAR = 1e-6  # A
REMEMBERED = 12.0  # A·h a line that are owed at most, or were had too early


def deadline(
    now: float, departure: float, wanted_wh: float, got_wh: float, volts: float, lines: int
) -> Deadline | None:
    """Of a session that wants so many Wh more by a moment (s) and got some already; None where that is over."""
    if departure <= now:
        return None
    return Deadline((departure - now) / 3600, max(0.0, wanted_wh) / volts / lines, max(0.0, got_wh) / volts / lines)


def due(tree: Tree, demands: Iterable[Demand], limits: Mapping[Id, Amps] | None = None) -> dict[Id, float]:
    """A·h a line that each demand with a deadline is to have until its departure, as fairly as the limits allow if they
    stay as they are; nobody is taken to come or go beside them."""
    dated = [(one, one.deadline) for one in demands if one.deadline is not None]
    moments = _moments([deadline.hours for _, deadline in dated])
    room = [amps * hours for amps in tree.capacities(limits) for hours in moments]
    shares = []
    for one, its in dated:
        first = next(number for number, hours in enumerate(moments) if hours >= its.hours)
        crossings = [
            number * len(moments) + moment
            for number in tree.crossings(one.circuit, one.mask)
            for moment in range(first, len(moments))
        ]
        most = its.got + min(its.wanted, one.max * its.hours)
        asked = (its.got + its.wanted) * (one.weight or 1.0) or 1.0
        shares.append(Share(one, tuple(crossings), its.got, most, asked, its.got))
    fill(shares, room)
    return {share.demand.id: max(0.0, share.amps - share.low) for share in shares}


def urgency(deadline: Deadline, due: float) -> float:
    """What a session weighs that is due so many A·h a line until its departure: the A it needs, by the time left."""
    hours = max(SOONEST, deadline.hours)
    return max(LEFTOVERS, due / hours**2)


def _moments(hours: list[float]) -> list[float]:
    """Ascending, the last among them."""
    known = sorted(set(hours))
    step = max(1, -(-len(known) // MOMENTS))
    return known[::-1][::step][::-1]


@dataclass(slots=True)
class _Account:
    """Of a session that waits or charges in turn: A·h a line it is owed, what it was due and got since the last look
    (A), and since when (s) it charges."""

    owed: float = 0.0
    fair: float = 0.0
    amps: float = 0.0
    since: float | None = None


class Deadlines:
    """The sessions of one tree that have a deadline, from look to look; one that charges goes on for a dwell."""

    def __init__(self, dwell: float = DWELL) -> None:
        self.dwell = dwell
        self._accounts: dict[Id, _Account] = {}
        self._at = 0.0

    def allocate(
        self, now: float, tree: Tree, demands: Iterable[Demand], allocation: Allocation,
        limits: Mapping[Id, Amps] | None = None, resolution: float = 0.1,
    ) -> Allocation:  # fmt: skip
        """What becomes of an allocation of these demands within these limits, by what is known of their deadlines."""
        every = list(demands)
        dated = [one for one in every if one.deadline is not None and one.weight]
        self._count(now, dated)
        if not dated:
            return allocation
        others = [one for one in every if one.deadline is None or not one.weight]
        left = _without(tree, others, allocation, limits)
        own = self._shared(now, tree, dated, left, resolution)
        return _together(tree, others, allocation, own, _without(tree, dated, own, limits), resolution)

    def _count(self, now: float, dated: list[Demand]) -> None:
        """Settle what each got since the last look; who has no deadline any more has no account."""
        hours, self._at = max(0.0, now - self._at) / 3600, now
        for account in self._accounts.values():
            owed = account.owed + (account.fair - account.amps) * hours
            account.owed = min(REMEMBERED, max(-REMEMBERED, owed))
        self._accounts = {one.id: self._accounts.get(one.id) or _Account() for one in dated}

    def _shared(
        self, now: float, tree: Tree, dated: list[Demand], limits: Mapping[Id, Amps], resolution: float
    ) -> Allocation:
        """What they have together, by urgency."""
        until = due(tree, dated, limits)
        weighed = [replace(one, weight=urgency(one.deadline, until[one.id])) for one in dated if one.deadline]
        fair = allocate(tree, [replace(one, min=0.0) for one in weighed], limits, resolution=0).amps
        admitted, waiting = self._admitted(now, tree, weighed, fair, limits, resolution)
        found = allocate(tree, [one for one in weighed if one.id in admitted], limits, resolution)
        found.refused.update(waiting)
        for one in weighed:
            account = self._accounts[one.id]
            amps = found.amps.setdefault(one.id, 0.0)
            account.fair, account.amps = (fair[one.id], amps) if fair[one.id] < one.min else (0.0, 0.0)
            account.since = (now if account.since is None else account.since) if amps else None
        return found

    def _admitted(
        self, now: float, tree: Tree, dated: list[Demand], fair: Mapping[Id, float], limits: Mapping[Id, Amps],
        resolution: float,
    ) -> tuple[set[Id], dict[Id, Conductor | None]]:  # fmt: skip
        """Who gets its minimum or more anyway, and of the others as many as their parts together are minima: those
        that charge for less than a dwell, and those that are owed most. And who waits, for which conductor."""
        low = {one.id: ceiled(one.min, one.step(resolution)) for one in dated}
        room, admitted, waiting = tree.capacities(limits), set[Id](), dict[Id, Conductor | None]()
        for one in sorted(dated, key=lambda one: self._rank(now, one, fair[one.id] >= low[one.id] - TOLERANCE)):
            amps = max(low[one.id], fair[one.id])
            crossings = tree.crossings(one.circuit, one.mask)
            tightest = min(crossings, key=room.__getitem__)
            if low[one.id] > one.max + TOLERANCE or room[tightest] < amps - NEAR:
                waiting[one.id] = None if low[one.id] > one.max + TOLERANCE else tree.conductor(tightest)
                continue
            admitted.add(one.id)
            for number in crossings:
                room[number] -= amps
        return admitted, waiting

    def _rank(self, now: float, one: Demand, whole: bool) -> tuple[bool, bool, float, str]:
        account = self._accounts[one.id]
        charged = account.since is not None and now - account.since < self.dwell
        return not whole, not charged, -account.owed, str(one.id)


def _without(
    tree: Tree, demands: Iterable[Demand], allocation: Allocation, limits: Mapping[Id, Amps] | None
) -> dict[Id, Amps]:
    """What is left of the limits beside what these demands have."""
    load = tree.load((one.circuit, one.mask, allocation.amps[one.id]) for one in demands)
    left = [max(0.0, cap - amps) for cap, amps in zip(tree.capacities(limits), load, strict=True)]
    return {id: (left[3 * n], left[3 * n + 1], left[3 * n + 2]) for n, id in enumerate(tree.ids)}


def _together(
    tree: Tree, others: list[Demand], before: Allocation, own: Allocation, left: Mapping[Id, Amps], resolution: float
) -> Allocation:
    """The others have what they had, and more where those with a deadline leave it: first those that weigh something,
    without what the leftovers (weight 0) had."""
    charging = [replace(one, min=before.amps[one.id]) for one in others if one.id not in before.refused]
    weighing, leftovers = [one for one in charging if one.weight], [one for one in charging if not one.weight]
    theirs = allocate(tree, weighing, _without(tree, leftovers, before, left), resolution)
    if leftovers:
        rest = allocate(tree, leftovers, _without(tree, weighing, theirs, left), resolution)
        theirs = Allocation(theirs.amps | rest.amps, theirs.bottlenecks | rest.bottlenecks)
    refused = {one.id: before.refused[one.id] for one in others if one.id in before.refused}
    return Allocation(
        {**dict.fromkeys(refused, 0.0), **theirs.amps, **own.amps},
        {**theirs.bottlenecks, **own.bottlenecks},
        {**refused, **own.refused},
    )
