"""Laxity: with departure and energy known, what cars have together goes to whoever needs it soonest, and fairly."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.engines.dlm.allocate import Deadline, Demand, allocate
from ohmstead.engines.dlm.laxity import Deadlines, deadline, due, urgency
from ohmstead.engines.dlm.tree import Circuit, Conductor, Tree
from tests.engines.dlm.trees import demands, trees

L1 = (1, 0, 0)


def car(id, **details) -> Demand:
    return Demand(**{"id": id, "circuit": "main", "mask": L1, "min": 6.0, "max": 32.0, **details})


def by(hours: float, wanted: float, got: float = 0.0) -> Deadline:
    return Deadline(hours, wanted, got)


def site(amps: float) -> Tree:
    return Tree([Circuit("main", None, amps), Circuit("board", "main", amps / 2, rotation="RST")])


def shared(tree: Tree, wanted: list[Demand], book: Deadlines | None = None, now: float = 0.0):
    return (book or Deadlines()).allocate(now, tree, wanted, allocate(tree, wanted))


@st.composite
def dated(draw, tree: Tree) -> list[Demand]:
    """Some of the demands have deadlines, with little or much time."""
    found = draw(demands(tree))
    times = st.one_of(
        st.none(),
        st.builds(Deadline, st.sampled_from([0.01, 0.5, 1.0, 1.0, 3.0, 20.0]), st.sampled_from([0.0, 5.0, 60.0]),
                  st.sampled_from([0.0, 10.0])),
    )  # fmt: skip
    return [replace(one, deadline=draw(times)) for one in found]


sites = trees().flatmap(lambda tree: st.tuples(st.just(tree), dated(tree)))


@settings(max_examples=150, deadline=None)
@given(sites)
def test_within_every_cable_and_nobody_below_its_minimum(drawn):
    tree, wanted = drawn
    book = Deadlines()
    for now in (0.0, 600.0, 1200.0):
        found = shared(tree, wanted, book, now)
        assert not tree.overloads((one.circuit, one.mask, found.amps[one.id]) for one in wanted)
        for one in wanted:
            assert found.amps[one.id] == 0 or one.min <= found.amps[one.id] <= one.max
            assert one.id not in found.refused or found.amps[one.id] == 0


@settings(max_examples=150, deadline=None)
@given(sites)
def test_who_has_no_deadline_has_at_least_what_it_would_have_if_nobody_had_one(drawn):
    tree, wanted = drawn
    plain, found = allocate(tree, wanted), shared(tree, wanted)
    for one in wanted:
        if one.deadline is None or not one.weight:
            assert found.amps[one.id] >= plain.amps[one.id] - 1e-9
    if all(one.deadline is None or not one.weight for one in wanted):
        assert found == plain


def test_leftovers_keep_what_they_had_where_those_with_a_deadline_leave_more_to_others():
    """Found by the property above: 0.1 A that was left over went to one that weighs something."""
    tree = Tree([Circuit(0, None, (0.0, 38.7, 6.7))])
    wanted = [
        Demand(0, 0, (0, 0, 1), 0.0, 2.3, weight=0.0),
        Demand(5, 0, (0, 1, 0), 6.0, 6.0, weight=0.5, deadline=Deadline(0.01, 0.0)),
        Demand(8, 0, (0, 1, 1), 0.0, 10.0, weight=0.5),
        Demand(10, 0, (0, 1, 0), 6.0, 32.0, weight=2.0, deadline=Deadline(0.01, 5.0)),
    ]
    assert allocate(tree, wanted).amps[0] == pytest.approx(0.1)
    assert shared(tree, wanted).amps[0] == pytest.approx(0.1)


def test_less_time_for_the_same_energy_weighs_more():
    wanted = [car("soon", deadline=by(2, 40)), car("later", deadline=by(8, 40))]
    assert shared(site(32), wanted).amps == {"soon": 32.0, "later": 0.0}  # 2 A are no charge
    wanted = [car("soon", deadline=by(2, 40)), car("later", deadline=by(4, 40))]
    assert shared(site(32), wanted).amps == {"soon": 25.6, "later": 6.4}


def test_a_car_that_just_makes_it_has_all_it_can_take():
    wanted = [car(9, deadline=by(1, 32)), *(car(id, deadline=by(10, 60)) for id in range(4))]
    assert shared(site(40), wanted).amps[9] == 32.0


def test_where_not_all_can_be_served_each_is_due_the_same_part_of_what_it_asked_for():
    wanted = [car(1, deadline=by(2, 40)), car(2, deadline=by(2, 20)), car(3, deadline=by(4, 30, got=10))]
    assert due(site(15), wanted) == pytest.approx({1: 20.0, 2: 10.0, 3: 30.0})  # the third has two hours for itself
    wanted[2] = car(3, deadline=by(2, 30, got=10))
    parts = due(site(15), wanted)
    assert [parts[1] / 40, parts[2] / 20, (10 + parts[3]) / 40] == pytest.approx([0.4, 0.4, 0.4])


def test_a_board_counts_as_well_as_the_main_cable():
    wanted = [car(1, circuit="board", deadline=by(2, 60)), car(2, deadline=by(2, 10))]
    assert due(site(20), wanted) == pytest.approx({1: 20.0, 2: 10.0})


def test_the_weight_counts_in_what_is_due():
    wanted = [car(1, weight=2.0, deadline=by(2, 40)), car(2, deadline=by(2, 40))]
    assert due(site(15), wanted) == pytest.approx({1: 20.0, 2: 10.0})


def test_more_departures_than_are_told_apart_are_still_kept():
    wanted = [car(id, deadline=by(1 + id / 10, 30)) for id in range(40)]
    found = due(site(100), wanted)
    assert sum(found.values()) == pytest.approx(490, rel=0.02)  # until the last departure
    assert min(found.values()) > 8


def test_who_has_all_it_wanted_takes_what_the_others_leave():
    wanted = [car("done", deadline=by(5, 0, got=20)), car("other", deadline=by(5, 40), max=20.0)]
    assert shared(site(32), wanted).amps == {"other": 20.0, "done": 12.0}
    wanted[1] = car("other", deadline=by(5, 40))
    assert shared(site(32), wanted).amps == {"other": 32.0, "done": 0.0}


def test_those_whose_part_is_below_the_minimum_take_turns_by_what_they_are_owed():
    """Four cars alike on 12 A: each has 3 A in the mean, and none waits longer than two dwells."""
    tree, book, got, waits = site(12), Deadlines(), dict.fromkeys(range(4), 0.0), dict.fromkeys(range(4), 0.0)
    for now in range(0, 4 * 3600, 10):
        wanted = [car(id, deadline=by(8 - now / 3600, 48 - got[id], got[id])) for id in range(4)]
        for id, amps in shared(tree, wanted, book, now).amps.items():
            got[id] += amps * 10 / 3600
            waits[id] = 0.0 if amps else waits[id] + 10
            assert waits[id] <= 1900
    assert list(got.values()) == pytest.approx([12.0] * 4, abs=1.6)


def test_who_charges_goes_on_for_a_dwell():
    tree, book = site(6), Deadlines(dwell=900)
    wanted = [car(1, deadline=by(8, 40)), car(2, deadline=by(8, 40))]
    charging = [
        next(id for id, amps in shared(tree, wanted, book, now).amps.items() if amps) for now in range(0, 3600, 300)
    ]
    assert charging == [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]


def test_who_waits_is_told_for_which_cable():
    wanted = [car(1, deadline=by(1, 32)), car(2, deadline=by(9, 10)), car(3, max=3.0, deadline=by(1, 32))]
    assert shared(site(10), wanted).refused == {2: Conductor("main", 0), 3: None}


def test_what_those_with_a_deadline_cannot_use_goes_to_the_others():
    wanted = [
        car("one", deadline=by(1, 16)),
        car("three", mask=(1, 1, 1), deadline=by(20, 5)),
        car("none", mask=(0, 1, 0)),
    ]
    assert allocate(site(16), wanted).amps == {"one": 8.0, "three": 8.0, "none": 8.0}
    assert shared(site(16), wanted).amps == {"one": 16.0, "three": 0.0, "none": 16.0}


def test_a_deadline_from_a_departure_and_watt_hours():
    assert deadline(1000.0, 1000.0 + 7200, 6900.0, 3450.0, 230.0, 3) == Deadline(2.0, 10.0, 5.0)
    assert deadline(1000.0, 1000.0, 6900.0, 0.0, 230.0, 1) is None
    assert deadline(0.0, 3600.0, -5.0, 0.0, 230.0, 1) == Deadline(1.0, 0.0, 0.0)


def test_urgency_is_the_current_that_is_needed_by_the_time_that_is_left():
    assert urgency(by(2.0, 40.0), due=40.0) == 10.0
    assert urgency(by(0.0, 40.0), due=1.0) == pytest.approx(144.0)
    assert 0 < urgency(by(9.0, 0.0), due=0.0) < 1e-5
