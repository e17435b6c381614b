"""The current on each line of an EVSE, from what stations tell of currents and power, or leave out."""

from dataclasses import replace
from typing import Any

import pytest

from ohmstead.rooms.power.management.lines import lines_of
from tests.rooms.odd_sites import OddSite, Station


@pytest.fixture(scope="module")
def outlets() -> dict[int, Any]:
    """By the number of lines; each is rated at 32 A."""
    site = OddSite(32, [Station()], charging=0)
    one, wiring = site.site.outlets[1], site.tree.wiring
    return {1: one, 2: replace(one, wiring=wiring(1, "split_phase", connected="L1_L3")),
            3: replace(one, wiring=wiring(1, "three_phase"))}  # fmt: skip


@pytest.mark.parametrize(
    ("count", "currents", "watts", "lines"),
    [
        (3, {"L1": 16, "L2": 15, "L3": 14}, None, [16, 15, 14]),
        (3, {"L1": 16, "L2": 0, "L3": 0}, None, [16, 0, 0]),
        (3, {"L1": 16, "L2": 0, "L3": 0}, 3700, [16, 0, 0]),
        (1, {"L1": 16}, 3700, [16]),
        (1, {"L2": 16}, None, [16]),
        (1, {"L1": 16, "L2": 0, "L3": 0}, None, [16]),
        (2, {"L1": 16, "L2": 15}, None, [16, 15]),
        # evcc #16523 (Enercab): a line that is not told is not one without a current
        (3, {"L1": 16}, None, [16, 16, 16]),
        (3, {"L1": 16, "L2": 14}, None, [16, 14, 16]),
        (3, {"L1": 16}, 11_040, [16, 16, 16]),
        (3, {"L1": 16}, 3680, [16, 0, 0]),
        (3, {"L1": 16}, 4000, [16, 0, 0]),  # 250 V are no second line
        (3, {"L2": 16}, 7360, [8, 16, 8]),
        (3, {"L1": 0}, None, [0, 0, 0]),
        # lbbrhzn #2082 (Autel): each line is told as a third
        (3, {"L1": 5.4, "L2": 5.3, "L3": 5.3}, 11_040, [16.2, 15.9, 15.9]),
        (1, {"L1": 5.3}, 3680, [16]),
        (3, {"L1": 0, "L2": 0, "L3": 0}, 11_040, [16, 16, 16]),
        (3, {"L1": 0.2, "L2": 0, "L3": 0}, 11_040, [16, 16, 16]),  # no line carries 48 A here
        # what cannot be is no evidence
        (3, {"L1": 16, "L2": 16, "L3": 16}, 11_040_000, [16, 16, 16]),
        (3, {"L1": 16, "L2": 16, "L3": 16}, 0, [16, 16, 16]),
        (3, {"L1": 16}, 0, [16, 16, 16]),
        # power alone
        (3, {}, 11_040, [16, 16, 16]),
        (1, {}, 3680, [16]),
        (3, {}, -200, [0, 0, 0]),
    ],
)  # fmt: skip
def test_lines_are_filled_in_on_the_safe_side(
    outlets: dict[int, Any], count: int, currents: dict[str, float], watts: float | None, lines: list[float]
) -> None:
    assert lines_of(outlets[count], currents, watts, 230.0) == pytest.approx(lines)


def test_where_neither_is_told_nothing_is_known(outlets: dict[int, Any]) -> None:
    assert lines_of(outlets[3], {}, None, 230.0) is None
