"""Steadiness: limits stay while they are fair enough, fit always, and few have to be sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.dlm.allocate import Demand, allocate
from ohmstead.engines.dlm.steadiness import EXACT, Band, steady
from ohmstead.engines.dlm.tree import Circuit, Tree
from tests.engines.dlm.trees import demands, trees

MAIN = Tree([Circuit("main", None, 60.0)])
L1 = (1, 0, 0)
BAND = Band(amps=12.0, share=1.2, step=8.0)  # 3 A, 30 %, 2 A among two, and half as much more among three


def shared(held: dict[str, float], most: dict[str, float] | None = None, limit: float = 60.0, **uses: float):
    demands = [Demand(id, "main", L1, 6.0, uses.get(id, 32.0)) for id in held]
    limits = {"main": (limit, limit, limit)}
    fair = allocate(MAIN, demands, limits).amps
    return steady(MAIN, demands, fair, held, most or dict.fromkeys(held, 32.0), limits, BAND)


def test_who_holds_enough_keeps_it():
    assert shared({"a": 22.0, "b": 20.0, "c": 18.0}) == {"a": 22.0, "b": 20.0, "c": 18.0}


def test_a_newcomer_is_paid_for_by_few():
    after = shared({"a": 22.0, "b": 20.0, "c": 18.0, "d": 0.0})
    assert after["d"] == 15.0
    assert [id for id in "abc" if after[id] != {"a": 22.0, "b": 20.0, "c": 18.0}[id]] == ["a"]
    assert sum(after.values()) <= 60.0


def test_what_somebody_leaves_goes_to_few_in_whole_steps():
    assert shared({"a": 15.0, "b": 15.0, "c": 14.0}) == {"a": 15.0, "b": 15.0, "c": 29.0}


def test_less_than_a_step_is_left_unless_it_is_the_whole_rest():
    assert shared({"a": 29.5, "b": 29.0}) == {"a": 29.5, "b": 29.0}
    assert shared({"a": 31.0, "b": 20.0}, limit=70.0)["a"] == 32.0


def test_what_a_car_leaves_unused_is_taken_back_when_others_need_it():
    held = {"a": 32.0, "b": 20.0}
    assert shared(held, limit=52.0, b=8.0) == held
    assert shared(held | {"c": 0.0}, limit=45.0, b=8.0) == {"a": 18.5, "b": 8.0, "c": 18.5}


def test_what_a_car_leaves_unused_goes_to_who_is_below_the_fair_share():
    held = {"a": 12.0, "b": 30.0, "c": 18.0}
    assert shared(held, b=16.0) == {"a": 22.0, "b": 16.0, "c": 22.0}
    assert shared(held, limit=94.0, b=16.0)["b"] == 30.0, "there is room for all"


def test_nobody_keeps_more_than_it_may_or_less_than_the_least():
    assert shared({"a": 30.0}, most={"a": 16.0}, a=16.0) == {"a": 16.0}
    assert shared({"a": 3.0}, limit=8.0) == {"a": 8.0}
    assert shared({"a": 10.0}, limit=4.0) == {"a": 0.0}


def test_without_a_band_everybody_has_the_fair_share():
    demands = [Demand(id, "main", L1, 6.0, 32.0) for id in "abcd"]
    fair, held = allocate(MAIN, demands).amps, {"a": 32.0, "b": 28.0, "c": 0.0, "d": 0.0}
    assert steady(MAIN, demands, fair, held, dict.fromkeys("abcd", 32.0), MAIN.limits, EXACT) == fair


def test_a_limit_that_falls_is_followed_by_those_above():
    assert shared({"a": 22.0, "b": 20.0, "c": 18.0}, limit=59.0) == {"a": 19.0, "b": 20.0, "c": 18.0}


@given(trees(), st.data())
def test_it_always_fits_and_nobody_falls_far_below_the_fair_share(tree, data):
    every = data.draw(demands(tree))
    fair = allocate(tree, every).amps
    held = {one.id: data.draw(st.sampled_from([0.0, 6.0, one.max, one.max / 2])) for one in every}
    most = {one.id: max(one.max, 32.0) for one in every}
    amps = steady(tree, every, fair, held, most, tree.limits, BAND)
    load = tree.load((one.circuit, one.mask, amps[one.id]) for one in every)
    assert all(value <= cap + 1e-6 for value, cap in zip(load, tree.capacities(), strict=True))
    for one in every:
        assert (amps[one.id] == 0) == (fair[one.id] == 0) or not one.min
        assert amps[one.id] >= fair[one.id] - BAND.among(len(every)).around(fair[one.id]) - 1e-6
        assert amps[one.id] <= most[one.id] + 1e-6
    again = steady(tree, every, fair, amps, most, tree.limits, BAND)
    assert again == pytest.approx(amps), "it settles at once"
