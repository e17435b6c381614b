"""Activations: by hand, and by the properties that an energy target and "the latest goes first" must have."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.dlm.activations import SHORTEST_S, Period, holding

START = datetime(2026, 11, 30, 12, tzinfo=UTC)
STEP = timedelta(seconds=SHORTEST_S)


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


@pytest.mark.parametrize(
    ("passed_min", "used_wh", "watts"),
    [
        (0, 0, 10_000),  # 2,500 Wh in a quarter of an hour
        (5, 500, 12_000),  # 2,000 Wh in ten minutes: the car was late
        (5, 1500, 6_000),  # 1,000 Wh in ten minutes
        (10, 1400, 13_000),  # 1,100 Wh in five minutes are 13,200 W
        (10, 2500, 0),  # all is used
        (10, 2600, 0),  # and more
        (5, 600, 11_000),  # 11,400 W, by steps of 500 W
        (14.95, 2490, 3_500),  # 10 Wh in the last three seconds are spread over ten
    ],
)
def test_an_energy_is_spread_over_the_time_that_is_left(passed_min: float, used_wh: float, watts: float) -> None:
    period = Period(START, minute(15), energy=2500)
    assert period.watts(minute(passed_min), used_wh) == pytest.approx(watts)


def test_a_power_is_what_it_says() -> None:
    assert Period(START, minute(15), max_power=20_000).watts(minute(14), 99_999) == 20_000


def test_the_latest_request_goes_first_in_each_slot() -> None:
    """The second cuts a hole into the first; after it the first goes on."""
    long, short = Period(START, minute(60), max_power=20_000), Period(minute(15), minute(30), max_power=5_000)
    requests = [[long], [short]]
    held = [holding(requests, minute(at)) for at in (-1, 0, 14, 15, 29, 30, 59, 60)]
    assert held == [None, long, long, short, short, long, long, None]
    assert holding([[short], [long]], minute(20)) is long


starts = st.integers(0, 20)
periods = st.builds(
    lambda at, long, watts: Period(minute(at), minute(at + long), max_power=watts), starts, st.integers(1, 10), starts
)


@given(st.lists(st.lists(periods, max_size=1), max_size=6), st.integers(-1, 32))
def test_what_holds_is_of_the_latest_that_says_anything(requests: list[list[Period]], at: int) -> None:
    now = minute(at)
    saying = [one for each in requests for one in each if one.start <= now < one.end]
    assert holding(requests, now) == (saying[-1] if saying else None)


@given(
    energy=st.integers(200, 20_000),
    minutes=st.integers(5, 60),
    appetites=st.lists(st.floats(0, 2.5), min_size=1, max_size=20),
)
def test_an_energy_is_never_exceeded_and_met_where_it_can_be(energy: int, minutes: int, appetites: list[float]) -> None:
    """A car that takes what it may, as a share of the mean, with changing appetite; looked at every ten seconds."""
    period = Period(START, minute(minutes), energy=energy)
    mean, used, could, now = energy * 60 / minutes, 0.0, 0.0, START
    looks = round((period.end - START) / STEP)
    for look in range(looks):
        appetite = appetites[look * len(appetites) // looks] * mean
        used += min(period.watts(now, used), appetite) * STEP.total_seconds() / 3600
        could += appetite * STEP.total_seconds() / 3600
        now += STEP
    assert used <= energy * (1 + 1e-9)
    if min(appetites) >= 1:
        assert used >= energy * 0.99
