"""Allocation: the properties of weighted max-min fairness on random trees, and the rules the API states."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.engines.dlm.allocate import Demand, allocate
from ohmstead.engines.dlm.tree import Circuit, Conductor, Tree
from tests.engines.dlm.reference import slow_allocation
from tests.engines.dlm.trees import crowded_site, demands, trees

NEAR = 1e-6
sites = trees().flatmap(lambda tree: st.tuples(st.just(tree), demands(tree)))


def draws(wanted: list[Demand], amps: dict):
    return [(demand.circuit, demand.mask, amps[demand.id]) for demand in wanted]


@settings(max_examples=120, deadline=None)
@given(sites)
def test_no_conductor_is_overloaded_and_nobody_is_below_the_minimum(site):
    tree, wanted = site
    for resolution in (0.0, 0.1, 1.0):
        amps = allocate(tree, wanted, resolution=resolution).amps
        assert not tree.overloads(draws(wanted, amps))
        for demand in wanted:
            assert amps[demand.id] == 0 or demand.min <= amps[demand.id] <= demand.max


@settings(max_examples=120, deadline=None)
@given(sites)
def test_equals_the_slow_reference(site):
    tree, wanted = site
    amps = allocate(tree, wanted, resolution=0).amps
    expected = slow_allocation(tree, wanted)
    assert amps == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_slow_reference_on_a_crowded_site(seed):
    tree, wanted = crowded_site(seed)
    result = allocate(tree, wanted, resolution=0)
    assert result.amps == pytest.approx(slow_allocation(tree, wanted), abs=1e-5)
    assert result.refused
    assert len(set(result.bottlenecks.values())) > 1


@settings(max_examples=120, deadline=None)
@given(sites)
def test_whoever_is_not_saturated_has_a_bottleneck_where_nobody_has_more(site):
    tree, wanted = site
    result = allocate(tree, wanted, resolution=0)
    loads, caps = tree.load(draws(wanted, result.amps)), tree.capacities()
    full = {tree.conductor(n): load >= caps[n] - NEAR for n, load in enumerate(loads)}
    for demand in wanted:
        mine, limit = result.amps[demand.id], result.bottlenecks.get(demand.id)
        if demand.id in result.refused or demand.max - mine < NEAR:
            continue
        assert limit is not None
        assert full[limit]
        for other in wanted:
            theirs = result.amps[other.id]
            if (demand.weight == 0) is not (other.weight == 0) or theirs <= other.min + NEAR:
                continue  # another tier, or at the minimum admission promised
            if tree.conductor(_number(tree, limit)) in _crossed(tree, other):
                assert theirs / (other.weight or 1) <= mine / (demand.weight or 1) + NEAR


def _number(tree: Tree, limit: Conductor) -> int:
    return tree.ids.index(limit.circuit) * 3 + limit.line


def _crossed(tree: Tree, demand: Demand) -> set[Conductor]:
    return {tree.conductor(number) for number in tree.crossings(demand.circuit, demand.mask)}


@settings(max_examples=120, deadline=None)
@given(sites)
def test_whoever_is_refused_does_not_fit(site):
    tree, wanted = site
    result = allocate(tree, wanted)
    for demand in wanted:
        if demand.id not in result.refused:
            continue
        bottleneck = result.refused[demand.id]
        assert bottleneck in _crossed(tree, demand)
        ahead = [one for one in wanted if result.amps[one.id] and (one.weight or not demand.weight)]
        taken = {one.id: result.amps[one.id] if one.weight and not demand.weight else one.min for one in ahead}
        assert tree.overloads([*draws(ahead, taken), (demand.circuit, demand.mask, demand.min)])


@settings(max_examples=120, deadline=None)
@given(sites, st.randoms(use_true_random=False))
def test_the_order_of_the_demands_does_not_matter(site, shuffler: random.Random):
    tree, wanted = site
    shuffled = list(wanted)
    shuffler.shuffle(shuffled)
    assert allocate(tree, shuffled) == allocate(tree, wanted)


@settings(max_examples=120, deadline=None)
@given(sites, st.permutations([0, 1, 2]))
def test_the_names_of_the_phases_do_not_matter(site, renamed):
    tree, wanted = site

    def move(values):
        return tuple(values[renamed.index(line)] for line in range(3))

    moved = [replace(demand, mask=move(demand.mask)) for demand in wanted]
    limits = {id: move(tree.limits[id]) for id in tree.ids}
    assert allocate(tree, moved, limits).amps == allocate(tree, wanted).amps


@settings(max_examples=120, deadline=None)
@given(sites, st.sampled_from([0.25, 2.0, 16.0, 1024.0]))
def test_only_the_ratio_of_weights_matters(site, factor):
    tree, wanted = site
    heavier = [replace(demand, weight=demand.weight * factor) for demand in wanted]
    scaled, plain = allocate(tree, heavier, resolution=0), allocate(tree, wanted, resolution=0)
    assert scaled.amps == pytest.approx(plain.amps, abs=NEAR)
    assert scaled.refused == plain.refused


@settings(max_examples=120, deadline=None)
@given(sites)
def test_a_newcomer_pushes_no_running_session_out(site):
    tree, wanted = site
    running = [demand for demand in wanted if demand.running and demand.weight]
    alone, together = allocate(tree, running), allocate(tree, wanted)
    for demand in running:
        assert (demand.id in alone.refused) == (demand.id in together.refused)


def site_of(*wanted: Demand, amps: float = 32.0):
    return Tree([Circuit("main", None, amps)]), list(wanted)


def car(id, **details) -> Demand:
    return Demand(**{"id": id, "circuit": "main", "mask": (1, 1, 1), "min": 6.0, "max": 32.0, **details})


def test_twice_the_weight_is_twice_the_current():
    tree, wanted = site_of(car("a", weight=2.0), car("b"), amps=30.0)
    assert allocate(tree, wanted).amps == {"a": 20.0, "b": 10.0}


def test_single_phase_cars_leave_the_other_lines_to_others():
    tree, wanted = site_of(car("one", mask=(1, 0, 0)), car("two", mask=(0, 1, 0)), car("both", mask=(1, 1, 0)))
    result = allocate(tree, wanted)
    assert result.amps == {"one": 16.0, "two": 16.0, "both": 16.0}
    assert result.bottlenecks["one"] == ("main", 0)


def test_a_newcomer_waits_when_the_minima_are_taken():
    tree, wanted = site_of(car(1, running=True), car(2, running=True), car(3, weight=50.0), amps=17.0)
    result = allocate(tree, wanted)
    assert result.amps == {1: 8.5, 2: 8.5, 3: 0.0}
    assert result.refused == {3: Conductor("main", 0)}


def test_among_newcomers_the_weight_per_reserved_ampere_decides_then_the_arrival():
    tree, wanted = site_of(car(1, arrived=2), car(2, arrived=1), car(3, weight=1.1, arrived=3), amps=12.0)
    assert allocate(tree, wanted).refused.keys() == {1}
    tree, wanted = site_of(car(1, weight=2.0), car(2, mask=(1, 0, 0)), amps=6.0)
    assert allocate(tree, wanted).refused.keys() == {1}


def test_weight_zero_gets_what_the_others_leave_even_when_it_runs():
    tree, wanted = site_of(car("guest", weight=0.0, running=True), car("owner", max=20.0))
    assert allocate(tree, wanted).amps == {"owner": 20.0, "guest": 12.0}
    tree, wanted = site_of(car("guest", weight=0.0, running=True), car("owner", max=27.0))
    assert allocate(tree, wanted).amps == {"owner": 27.0, "guest": 0.0}


def test_a_car_that_can_take_less_than_the_minimum_gets_nothing():
    tree, wanted = site_of(car("slow", max=5.0), car("other"))
    result = allocate(tree, wanted)
    assert result.amps == {"slow": 0.0, "other": 32.0}
    assert result.refused == {"slow": None}


def test_minima_are_rounded_up_and_shares_down():
    tree, wanted = site_of(car(1, min=6.25), car(2), car(3), amps=19.0)
    assert allocate(tree, wanted).amps == {1: 6.3, 2: 6.3, 3: 6.3}
    assert allocate(tree, wanted, resolution=1.0).amps == {1: 7.0, 2: 6.0, 3: 6.0}


def test_the_limits_of_the_moment_replace_those_of_the_cable():
    tree, wanted = site_of(car(1, mask=(0, 1, 0)))
    assert allocate(tree, wanted, {"main": (32.0, 9.96, 32.0)}).amps == {1: 9.9}
    assert allocate(tree, wanted, {"main": (32.0, float("nan"), 32.0)}).refused == {1: Conductor("main", 1)}


@pytest.mark.parametrize(
    "broken", [{"weight": -1.0}, {"max": float("nan")}, {"min": float("inf")}, {"mask": (0, 0, 0)}]
)
def test_demands_that_make_no_sense_are_refused(broken):
    tree, wanted = site_of(car(1, **broken))
    with pytest.raises(ValueError, match="demand 1"):
        allocate(tree, wanted)


def test_a_demand_given_twice_is_refused():
    tree, wanted = site_of(car(1), car(1))
    with pytest.raises(ValueError, match="twice"):
        allocate(tree, wanted)
