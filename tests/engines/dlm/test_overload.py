"""Overloads are told of what was measured, not of what may be; and only where it lasts."""

import math

from ohmstead.engines.dlm.overload import Measured, Overloads, measured
from ohmstead.engines.dlm.tree import Circuit, Conductor, Tree

TREE = Tree([Circuit("main", None, 63.0), Circuit("left", "main", 32.0, rotation="STR"),
             Circuit("right", "main", 32.0, rotation="RST")])  # fmt: skip


def carries(now: float, meters: dict[str, Measured], *draws: tuple[str, float]) -> dict[str, tuple[float, float]]:
    """A on L1, and how old, of each circuit."""
    found = measured(TREE, now, meters, [(id, (amps, 0.0, 0.0)) for id, amps in draws])  # type: ignore[arg-type]
    return {str(id): (one.amps[0], one.at) for id, one in found.items()}


def test_a_circuit_carries_what_its_meter_says_else_what_was_measured_below_it():
    draws = ("left", 10.0), ("right", 5.0), ("main", 3.0)
    assert carries(100, {}, *draws) == {"left": (10, 100), "right": (5, 100), "main": (18, 100)}
    left = Measured(95, (20.0, 0.0, 0.0))
    assert carries(100, {"left": left}, *draws) == {"left": (20, 95), "right": (5, 100), "main": (28, 95)}
    main = Measured(98, (50.0, 0.0, 0.0))
    assert carries(100, {"left": left, "main": main}, *draws)["main"] == (50, 98)


def test_export_and_nonsense_take_nothing_off_what_others_carry():
    left = Measured(95, (-20.0, math.nan, 0.0))
    assert carries(100, {"left": left}, ("right", 5.0))["main"] == (5, 95)


def look(overloads: Overloads, now: float, amps: float, at: float | None = None) -> dict[Conductor, float]:
    load = Measured(now if at is None else at, (0.0, amps, 0.0))
    overloads.observe(now, {"main": load}, TREE.limits)
    return overloads.now


def test_it_lasts_from_one_measurement_to_another():
    overloads = Overloads()
    assert look(overloads, 0, 70) == {}
    assert look(overloads, 9, 70, at=0) == {}
    assert look(overloads, 60, 70, at=0) == {}  # the same measurement is no older for being looked at later
    assert look(overloads, 61, 71, at=61) == {Conductor("main", 1): 8}
    assert look(overloads, 65, 62) == {}
    assert overloads.seconds == 4
    assert look(overloads, 70, 70) == {}


def test_a_meter_s_error_is_none():
    overloads = Overloads()
    for now in range(100):
        assert look(overloads, now, 63.5) == {}
    assert look(overloads, 100, 63.6) == {}
    assert list(look(overloads, 110, 63.6)) == [Conductor("main", 1)]
