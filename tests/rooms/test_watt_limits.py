"""Limits of load management for stations that take W: never more A on a line than is meant."""

from datetime import UTC, datetime
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.rooms.power.management.profiles import fallback
from ohmstead.rooms.power.management.snapshot import Outlet

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def outlet(phases: Any, line: str | None, configuration: Any, volts: str | None, unit: Any) -> Outlet:
    tree = Tree([Circuit(1, None, 63.0, "three_phase", "RST", None, configuration)])
    return Outlet(
        id=1, charge_point_id=1, station_id=1, network_id=1, circuit_id=1, rating=32, least=6, weight=1, point_weight=1,
        wiring=tree.wiring(1, phases, None if line else "RST", line),
        details={"electricalConfiguration": configuration, "maxVoltage": volts},
        zone=ZoneInfo("UTC"), hardware_status=None, status_since=None, charge=None, unit=unit,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("phases", "line", "configuration", "volts", "most"),
    [
        ("three_phase", None, "star", None, sqrt(3) * 3600),
        ("three_phase", None, "star", "400", sqrt(3) * 3600),
        ("three_phase", None, "star", "208", sqrt(3) * 1872),
        ("three_phase", None, "delta", None, sqrt(3) * 2070),
        ("single_phase", "L2", "star", None, 2070),
        ("single_phase", "L2", "star", "400", 3600 / sqrt(3)),
        ("single_phase", "L2", "star", "110-130", 990),
        ("single_phase", "L1_L2", "delta", "230", 2070),
        ("split_phase", "L1_L2", "star", "240", 2160),
    ],
)
def test_ten_amps_in_watts(phases: str, line: str | None, configuration: str, volts: str | None, most: float) -> None:
    profile = fallback(outlet(phases, line, configuration, volts, "W"), 10, NOON)
    assert (profile.unit, profile.periods[0].limit) == ("W", pytest.approx(most))
    plain = fallback(outlet(phases, line, configuration, volts, "A"), 10, NOON)
    assert (plain.unit, plain.periods[0].limit) == ("A", 10)
