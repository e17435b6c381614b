"""Shedding: targets cut until they fit what the cables can carry, whatever the allocator thought.

The last net, not a fair one: a conductor asked for too much scales down everyone above the minimum by the same factor;
if the minima alone are too much, the last named go first. Who cannot be steered counts with all it may draw, and so
does who owes an answer: a decrease that is not answered gives nothing to anybody.
"""

from collections.abc import Mapping

from ohmstead.engines.dlm.holding import Evse, Holding
from ohmstead.engines.dlm.steps import ceiled, floored
from ohmstead.engines.dlm.tree import Id, Tree

HAIR = 1e-6  # A, below which sums of floats are equal


def wanted(
    tree: Tree, holdings: Mapping[Id, Holding], capacities: list[float], targets: Mapping[Id, float], now: float
) -> dict[Id, float]:
    """A for every EVSE: 0 or at least its lowest limit, together within `capacities` as far as the steerable can help.

    An EVSE without a target is idle and left at its fallback."""
    named = sorted(holdings, key=lambda id: id not in targets)  # the idle last; they have nothing to give
    order = [*(id for id in targets if id in holdings), *(id for id in named if id not in targets)]
    amps = {id: sendable(holdings[id].evse, targets.get(id, holdings[id].evse.fallback)) for id in order}
    loads = tree.load(_draw(holdings[id], amps[id], now) for id in order)
    for number in reversed(range(len(loads))):
        if loads[number] > capacities[number] + HAIR:
            steerable = [holdings[id] for id in order if holdings[id].steerable and not holdings[id].owes(now)]
            below = [h for h in steerable if number in tree.crossings(h.evse.circuit, h.evse.mask)]
            _relieve(below, amps, loads[number] - capacities[number])
            loads = tree.load(_draw(holdings[id], amps[id], now) for id in order)
    return amps


def sendable(evse: Evse, amps: float) -> float:
    """The highest limit not above `amps` that may be sent: a multiple of what it keeps, 0 or the lowest and up."""
    if not amps >= evse.lowest:  # also NaN
        return 0.0
    kept = floored(min(amps, evse.rating), evse.resolution)
    return kept if kept >= evse.lowest else 0.0


def rests_at(evse: Evse, amps: float) -> float:
    """The fallback that may be given to an EVSE that is to be left `amps` A at the least; 0 where none fits it."""
    rest = max(evse.lowest, ceiled(amps, evse.resolution)) if amps > 0 else 0.0
    return rest if rest <= evse.rating else 0.0


def _draw(holding: Holding, amps: float, now: float):
    evse = holding.evse
    told = max(amps, evse.fallback)
    if not holding.steerable:
        told = holding.envelope(now)
    elif holding.owes(now):
        told = max(told, holding.envelope(now))
    return evse.circuit, evse.mask, told


def _relieve(below: list[Holding], amps: dict[Id, float], excess: float) -> None:
    """Take `excess` A from these EVSEs: first what is above their bases, then the last ones' all."""
    bases = {h.evse.id: max(h.evse.lowest, h.evse.fallback) for h in below}
    above = {id: amps[id] - base for id, base in bases.items() if amps[id] > base}
    total = sum(above.values())
    kept = max(0.0, 1 - excess / total) if total else 0.0
    for h in below:
        if h.evse.id in above:
            cut = sendable(h.evse, bases[h.evse.id] + above[h.evse.id] * kept)
            excess -= amps[h.evse.id] - cut
            amps[h.evse.id] = cut
    for h in reversed(below):
        if excess > HAIR and amps[h.evse.id] > h.evse.fallback:
            excess -= amps[h.evse.id] - h.evse.fallback
            amps[h.evse.id] = h.evse.fallback
