"""Circuit trees: rotations compose, lines are traced to the root, impossible trees are refused with a reason."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.engines.dlm.tree import Circuit, Conductor, Tree, TreeError
from ohmstead.engines.dlm.wiring import ROTATIONS, WiringError
from tests.engines.dlm.trees import trees

MAIN = Circuit("main", None, 100.0)


def test_rotations_compose_down_the_path():
    tree = Tree([MAIN, Circuit("a", "main", 63.0, rotation="STR"), Circuit("b", "a", 32.0, rotation="STR")])
    assert tree.absolute("a", (1, 2, 3)) == (3, 1, 2)
    assert tree.absolute("b", (1, 2, 3)) == (2, 3, 1)
    assert tree.wiring("b", "single_phase", connected="L1").mask == (0, 0, 1)
    assert tree.wiring("b", "three_phase", rotation="STR").lines == (0, 1, 2)
    assert tree.path("b") == ("b", "a", "main")


@given(st.lists(st.sampled_from(sorted(ROTATIONS)), max_size=6), st.sampled_from(["L1", "L2", "L3"]))
def test_one_line_stays_one_line_however_deep(rotations, connected):
    circuits = [Circuit(0, None, 100.0)]
    circuits += [Circuit(i, i - 1, 50.0, rotation=name) for i, name in enumerate(rotations, 1)]
    line = ["L1", "L2", "L3"].index(connected)
    for name in reversed(rotations):
        line = "RST".index(name[line])
    wiring = Tree(circuits).wiring(len(rotations), "single_phase", connected=connected)
    assert wiring.lines == (line,)
    assert sum(wiring.mask) == 1


@given(trees(), st.tuples(st.floats(0, 99), st.floats(0, 99), st.floats(0, 99)))
def test_values_are_moved_not_changed(tree, own):
    for id in tree.ids:
        assert sorted(tree.absolute(id, own)) == sorted(own)


def test_circuits_with_fewer_lines_pick_and_keep_their_names():
    tree = Tree(
        [
            MAIN,
            Circuit("a", "main", 63.0, rotation="SRT"),
            Circuit("split", "a", (40.0, 30.0, 20.0), phases="split_phase", connected="L1_L3"),
            Circuit("one", "split", 16.0, phases="single_phase", connected="L3"),
        ]
    )
    assert tree.limits["split"] == (0.0, 40.0, 20.0)
    assert tree.limits["one"] == (0.0, 0.0, 16.0)
    assert tree.wiring("one", "single_phase").lines == (2,)
    assert [tree.conductor(n) for n in tree.crossings("one", (0, 0, 1))] == [
        Conductor(id, 2) for id in ("one", "split", "a", "main")
    ]


def test_a_single_phase_of_a_delta_system_lies_between_two_lines():
    tree = Tree([Circuit(1, None, 50.0, configuration="delta")])
    assert tree.wiring(1, "single_phase", connected="L1_L3").mask == (1, 0, 1)
    assert tree.wiring(1, "three_phase").mask == (1, 1, 1)
    with pytest.raises(WiringError, match="L2 does not fit single_phase in delta"):
        tree.wiring(1, "single_phase", connected="L2")


def test_an_unknown_line_is_reserved_on_all_and_measured_on_none():
    wiring = Tree([MAIN]).wiring("main", "single_phase")
    assert wiring.mask == (1, 1, 1)
    assert wiring.place([13.0]) == (0.0, 0.0, 0.0)


def test_the_connected_phase_wins_over_the_rotation():
    tree = Tree([MAIN])
    assert tree.wiring("main", "single_phase", rotation="STR").lines == (1,)
    assert tree.wiring("main", "single_phase", rotation="STR", connected="L3").lines == (2,)
    assert tree.wiring("main", "three_phase", rotation="TRS").place([1, 2, 3]) == (2, 3, 1)


@pytest.mark.parametrize(
    ("circuits", "field", "why"),
    [
        ([], "parent", "no circuit is the root"),
        ([MAIN, Circuit(2, None, 9.0)], "parent", "second root"),
        ([MAIN, MAIN], "id", "twice"),
        ([MAIN, Circuit(2, "gone", 9.0)], "parent", "unknown"),
        ([MAIN, Circuit(2, 3, 9.0), Circuit(3, 2, 9.0)], "parent", "own ancestor"),
        ([MAIN, Circuit(2, "main", 9.0)], "wiring", "needs a phase rotation"),
        ([MAIN, Circuit(2, "main", 9.0, phases="single_phase")], "wiring", "needs a connected phase"),
        ([MAIN, Circuit(2, "main", 9.0, phases="split_phase", connected="L1")], "wiring", "does not fit"),
        ([MAIN, Circuit(2, "main", 9.0, rotation="RST", configuration="delta")], "configuration", "star"),
        ([Circuit(1, None, math.nan)], "limits", "finite"),
        ([Circuit(1, None, 9.0, "single_phase"), Circuit(2, 1, 9.0, rotation="RST")], "wiring", "does not reach"),
    ],
)
def test_impossible_trees_are_refused(circuits, field, why):
    with pytest.raises(TreeError, match=why) as refusal:
        Tree(circuits)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("phases", "rotation", "connected"),
    [
        ("three_phase", None, None),
        ("split_phase", None, None),
        ("single_phase", None, "L2"),
        ("single_phase", "SRT", None),
    ],
)
def test_an_evse_needs_the_lines_of_its_circuit(phases, rotation, connected):
    tree = Tree([Circuit(1, None, 16.0, phases="single_phase")])
    with pytest.raises(WiringError):
        tree.wiring(1, phases, rotation, connected)


def test_overloads_name_the_conductor_and_the_excess():
    tree = Tree([MAIN, Circuit("a", "main", (20.0, 10.0, 20.0), rotation="RST")])
    draws = [("a", (1, 1, 1), 12.0), ("a", (0, 0, 1), 10.0)]
    assert tree.overloads(draws) == {Conductor("a", 1): 2.0, Conductor("a", 2): 2.0}
    assert tree.overloads(draws, {"a": (math.nan, 99.0, 22.0)}) == {Conductor("a", 0): 12.0}


@settings(max_examples=30)
@given(trees())
def test_limits_that_are_no_amperes_count_as_none(tree):
    broken = {tree.root: (math.nan, -3.0, 5.0)}
    assert tree.capacities(broken)[:3] == [0.0, 0.0, 5.0]
