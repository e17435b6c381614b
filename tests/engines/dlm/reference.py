"""A slow, obvious allocator to compare with: greedy admission, then one bisection per round of saturation."""

from ohmstead.engines.dlm.allocate import Demand
from ohmstead.engines.dlm.tree import Amps, Id, Tree


def slow_allocation(tree: Tree, demands: list[Demand], limits: dict[Id, Amps] | None = None) -> dict[Id, float]:
    """Exact amperes (not rounded) of the lexicographic weighted max-min allocation with running sessions first."""
    amps = {demand.id: 0.0 for demand in demands}
    for leftovers, slack in ((False, 1e-9), (True, 1e-8)):  # what one tier overshoots must not stop the next
        tier = [demand for demand in demands if (demand.weight == 0) is leftovers]
        taken = {demand.id: (demand, amps[demand.id]) for demand in demands if amps[demand.id]}
        admitted = _admitted(tree, tier, taken, limits)
        amps.update(_filled(tree, admitted, taken, limits, slack))
    return amps


def _fits(tree: Tree, taken: dict[Id, tuple[Demand, float]], limits, slack: float) -> bool:
    loads = tree.load((demand.circuit, demand.mask, amps) for demand, amps in taken.values())
    return all(load <= cap + slack for load, cap in zip(loads, tree.capacities(limits), strict=True))


def _admitted(tree: Tree, tier: list[Demand], taken: dict, limits) -> list[Demand]:
    def rank(demand: Demand):
        reserved = sum(demand.mask) * demand.min
        return not demand.running, -((demand.weight or 1.0) / reserved) if reserved else float("-inf"), demand.arrived

    admitted: list[Demand] = []
    for demand in sorted(tier, key=lambda demand: (*rank(demand), demand.id)):
        tried = {**taken, **{one.id: (one, one.min) for one in [*admitted, demand]}}
        if demand.min <= demand.max and _fits(tree, tried, limits, slack=1e-6):
            admitted.append(demand)
    return admitted


def _filled(tree: Tree, admitted: list[Demand], taken: dict, limits, slack: float) -> dict[Id, float]:
    """Raise the common level as far as it goes, fix who cannot go further, repeat."""
    fixed: dict[Id, float] = {}

    def at(level: float) -> dict[Id, float]:
        free = {one.id: min(one.max, max(one.min, (one.weight or 1.0) * level)) for one in admitted}
        return {**free, **fixed}

    def fits(level: float, raised: Id | None = None) -> bool:
        amps = at(level)
        if raised is not None:
            amps[raised] += 1e-4
        return _fits(tree, {**taken, **{one.id: (one, amps[one.id]) for one in admitted}}, limits, slack)

    while len(fixed) < len(admitted):
        level, high = 0.0, 1e4
        for _ in range(60):
            middle = (level + high) / 2
            level, high = (middle, high) if fits(middle) else (level, middle)
        now = at(level)
        free = [one for one in admitted if one.id not in fixed]
        fixed.update({one.id: now[one.id] for one in free if now[one.id] >= one.max or not fits(level, one.id)})
    return fixed
