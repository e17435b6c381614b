"""When the world is told what a circuit draws: after a clear change, and not more often than once a minute."""

from dataclasses import replace
from typing import Any

from ohmstead.rooms.power.durable_facts import CircuitConsumed
from ohmstead.rooms.power.management.consumption import Consumption
from ohmstead.rooms.power.management.figures import LineLoad

CIRCUIT: dict[str, Any] = {"id": 7, "phases": "three_phase", "connected_phase": None, "max_current": 63.0,
                           "min_charge_point_current": 6.0}  # fmt: skip


def flows(*amps: float, at: float = 0.0) -> list[LineLoad]:
    return [LineLoad(7, line, one, at, True, 0.0, None, False) for line, one in enumerate(amps, 1)]


def tells(consumption: Consumption, now: float, *amps: float, **circuit: Any) -> list[CircuitConsumed]:
    """What is told at `now` when so much flows."""
    found = consumption.due({7: CIRCUIT | circuit}, flows(*amps, at=now), now)
    consumption.told(found, now)
    return found


def test_the_payload_is_that_of_the_notification() -> None:
    [fact] = tells(Consumption(), 0, 10.04, 9, 8)
    assert (fact.circuit_id, fact.max_current, fact.min_charge_point_current) == (7, 63.0, 6.0)
    assert fact.current_consumption[0] == {
        "phase": "L1", "consumption": 10.0, "lastUpdatedAt": "1970-01-01T00:00:00+00:00",
    }  # fmt: skip
    assert [line["phase"] for line in fact.current_consumption] == ["L1", "L2", "L3"]


def test_only_its_own_lines_are_told() -> None:
    [fact] = tells(Consumption(), 0, 10, 0, 0, phases="single_phase", min_charge_point_current=None)
    assert [line["phase"] for line in fact.current_consumption] == ["L1"]
    assert not fact.min_charge_point_current


def test_nothing_is_told_of_a_circuit_on_which_nothing_flows_or_changes() -> None:
    consumption = Consumption()
    assert not tells(consumption, 0, 0, 0, 0)
    assert tells(consumption, 60, 10, 10, 10)
    for minute in range(2, 10):
        assert not tells(consumption, 60 * minute, 10.9, 9.1, 10)
    assert tells(consumption, 700, 11, 10, 10)


def test_a_large_consumption_has_changed_clearly_with_a_twentieth_of_it() -> None:
    consumption = Consumption()
    assert tells(consumption, 0, 60, 60, 60)
    assert not tells(consumption, 100, 62.9, 60, 57.1)
    assert tells(consumption, 100, 63, 60, 60)


def test_once_a_minute_at_most_and_the_change_is_not_forgotten() -> None:
    consumption = Consumption()
    assert tells(consumption, 0, 10, 10, 10)
    assert not tells(consumption, 59, 20, 20, 20)
    assert tells(consumption, 60, 20, 20, 20)


def test_what_did_not_become_durable_is_told_again() -> None:
    consumption, rows = Consumption(), flows(10, 10, 10)
    assert consumption.due({7: CIRCUIT}, rows, 0)
    assert consumption.due({7: CIRCUIT}, [replace(row) for row in rows], 1)
