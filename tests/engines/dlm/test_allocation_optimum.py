"""Allocation against a linear program: among those admitted it is the lexicographic maximum of the least share."""

from collections.abc import Iterable

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.engines.dlm.allocate import Allocation, Demand, allocate
from ohmstead.engines.dlm.laxity import Deadlines, deadline
from ohmstead.engines.dlm.rotation import Turns
from ohmstead.engines.dlm.tree import Id, Tree
from tests.engines.dlm.trees import crowded_site, demands, trees

NEAR = 1e-6
sites = trees().flatmap(lambda tree: st.tuples(st.just(tree), demands(tree)))


def best_share(tree: Tree, charging: list[Demand], capacities: list[float]) -> dict[Id, float]:
    """A by a sequence of linear programs: the common level as high as it goes, then of those that can have more."""
    fixed: dict[Id, float] = {}
    while len(fixed) < len(charging):
        level = _most(tree, charging, capacities, fixed, None, 0.0)
        floors = {one.id: min(one.max, max(one.min, (one.weight or 1.0) * level)) for one in charging}
        for one in [one for one in charging if one.id not in fixed]:
            if _most(tree, charging, capacities, fixed, one, level) <= floors[one.id] + 10 * NEAR:
                fixed[one.id] = floors[one.id]
    return fixed


def _most(
    tree: Tree, charging: list[Demand], capacities: list[float], fixed: dict[Id, float], of: Demand | None, level: float
) -> float:
    """The highest level of all that are not fixed, or the most A of one of them while the others keep theirs."""
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    common = model.addVariable(0.0, 1e3)
    amps = {}
    for one in charging:
        weight = one.weight or 1.0
        low = fixed.get(one.id, min(one.max, max(one.min, weight * level)))
        amps[one.id] = model.addVariable(low - NEAR, fixed.get(one.id, one.max))
        if of is None and one.id not in fixed:
            model.addConstr(amps[one.id] >= weight * common)
    for number, capacity in enumerate(capacities):
        through = [amps[one.id] for one in charging if number in tree.crossings(one.circuit, one.mask)]
        if through:
            model.addConstr(sum(through[1:], 1.0 * through[0]) <= capacity + NEAR)
    target = common if of is None else amps[of.id]
    model.maximize(target)
    assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return model.val(target)


def held_against(tree: Tree, wanted: list[Demand], found: Allocation) -> None:
    capacities = tree.capacities()
    for leftovers in (False, True):
        tier = [one for one in wanted if bool(one.weight) is not leftovers and one.id not in found.refused]
        assert {one.id: found.amps[one.id] for one in tier} == pytest.approx(
            best_share(tree, tier, capacities), abs=1e-4
        )
        taken = tree.load((one.circuit, one.mask, found.amps[one.id]) for one in tier)
        capacities = [max(0.0, cap - amps) for cap, amps in zip(capacities, taken, strict=True)]


@settings(max_examples=40, deadline=None)
@given(sites)
def test_equals_a_sequence_of_linear_programs_for_those_admitted(site):
    tree, wanted = site
    held_against(tree, wanted, allocate(tree, wanted, resolution=0))


@pytest.mark.parametrize("seed", range(2))
def test_equals_it_on_a_crowded_site_too(seed):
    tree, wanted = crowded_site(seed, evses=24)
    held_against(tree, wanted, allocate(tree, wanted, resolution=0))


def by_numpy(wanted: Iterable[Demand]) -> list[Demand]:
    """The same demands in numpy's numbers."""
    return [
        Demand(
            one.id, one.circuit, tuple(np.int64(line) for line in one.mask), np.float64(one.min), np.float64(one.max),
            np.float64(one.weight), np.bool_(one.running), np.int64(one.arrived), one.resolution,
            deadline(np.float64(0), np.float64(7200), np.float64(9000), np.float64(500), np.float64(230), 1),
        )
        for one in wanted
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(sites)
def test_numbers_of_numpy_are_numbers(site):
    """They come in where somebody computes with arrays; what goes out is plain, for it is written down as JSON."""
    tree, wanted = site
    limits = {id: tuple(np.float64(amps) for amps in tree.limits[id]) for id in tree.ids}
    plain = [Demand(**{name: getattr(one, name) for name in Demand.__slots__} | {
        "deadline": deadline(0.0, 7200.0, 9000.0, 500.0, 230.0, 1)}) for one in wanted]  # fmt: skip
    for resolution in (0.0, 0.1):
        found = allocate(tree, by_numpy(wanted), limits, resolution)
        assert found == allocate(tree, plain, None, resolution)
        assert all(type(amps) is float for amps in found.amps.values())
        ours, theirs = (
            Deadlines().allocate(
                0.0, tree, each, Turns().allocate(0.0, tree, each, within, resolution), within, resolution
            )
            for each, within in ((plain, None), (by_numpy(wanted), limits))
        )
        assert ours == theirs
        assert all(type(amps) is float for amps in theirs.amps.values())
