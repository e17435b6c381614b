"""What others leave a station, among its EVSEs that charge: never more in all, and nobody below their minimum."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.dlm.allocate import Demand
from ohmstead.rooms.power.management.outside import within

ALL = (1, 1, 1)


def demand(id: int, top: float = 32, running: bool = False, least: float = 6) -> Demand:
    return Demand(id, 1, ALL, least, top, running=running, arrived=id)


def tops(limit: float, *demands: Demand) -> list[float]:
    return [one.max for one in within(limit, list(demands))]


@pytest.mark.parametrize(
    ("limit", "wanted", "left"),
    [
        (40, [32, 32], [20, 20]),
        (40, [8, 32], [8, 32]),
        (40, [10, 32, 32], [10, 15, 15]),
        (16, [32, 32, 32], [8, 8, 0]),
        (10, [32, 32], [10, 0]),
        (5, [32], [0]),
        (100, [16, 16], [16, 16]),
    ],
)
def test_shares(limit: float, wanted: list[float], left: list[float]) -> None:
    assert tops(limit, *(demand(place, top) for place, top in enumerate(wanted))) == left


def test_who_charges_already_goes_before_a_newcomer() -> None:
    assert tops(10, demand(1), demand(2, running=True)) == [0, 10]


_demands = st.lists(st.tuples(st.floats(6, 32), st.booleans()), max_size=6)


@given(st.floats(0, 200), _demands)
def test_nothing_is_raised_and_nothing_exceeded(limit: float, wanted: list[tuple[float, bool]]) -> None:
    asked: list[Any] = [demand(place, top, running) for place, (top, running) in enumerate(wanted)]
    found = within(limit, asked)
    assert [one.id for one in found] == [one.id for one in asked]
    assert all(new.max <= old.max for new, old in zip(found, asked, strict=True))
    assert sum(one.max for one in found) <= limit + 1e-6
    assert all(one.max == 0 or one.max >= one.min for one in found)
