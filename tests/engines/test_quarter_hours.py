"""Quarter hours: their names and numbers, and what may be expected, over the days on which clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.quarter_hours import QUARTER, begun, between, expected, number, of_week

BERLIN = ZoneInfo("Europe/Berlin")
moments = st.floats(0, 2e9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(moments)
def test_a_moment_is_in_the_quarter_that_has_begun(moment: datetime) -> None:
    start = begun(moment)
    assert start <= moment < start + QUARTER
    assert (start.minute % 15, start.second, start.microsecond) == (0, 0, 0)
    assert number(start + QUARTER) == number(moment) + 1


def test_quarters_follow_each_other() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    found = list(between(start, start + timedelta(hours=1)))
    assert [one.minute for one in found] == [0, 15, 30, 45]
    assert list(between(start, start)) == []


def test_the_mean_of_the_same_quarter_of_the_week() -> None:
    """A Monday at nine, four weeks long 100, 200, 300 and 400 Wh; of Tuesday nothing is known."""
    monday = datetime(2026, 6, 1, 7, tzinfo=UTC)
    history = {monday + timedelta(weeks=week): 100.0 * (week + 1) for week in range(4)}
    history[monday + QUARTER] = 7.0
    coming = monday + timedelta(weeks=4)
    assert expected(history, [coming, coming + timedelta(days=1)], BERLIN) == {coming: 250.0}


def test_the_clocks_of_the_place_say_which_quarter_it_is() -> None:
    """Before the last Sunday of October nine in Berlin is seven in UTC, after it eight."""
    summer, winter = datetime(2026, 10, 19, 7, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=UTC)
    history = {summer: 40.0, summer + timedelta(hours=1): 8.0}
    assert expected(history, [winter], BERLIN) == {winter: 40.0}
    assert expected(history, [winter], ZoneInfo("UTC")) == {winter: 8.0}


def test_the_hour_that_comes_twice_counts_twice() -> None:
    twice = [datetime(2026, 10, 25, hour, tzinfo=UTC) for hour in (0, 1)]  # both are 2:00 in Berlin
    assert of_week(twice[0], BERLIN) == of_week(twice[1], BERLIN) == (6, 2, 0)
    coming = datetime(2026, 11, 1, 1, tzinfo=UTC)
    assert expected({twice[0]: 10.0, twice[1]: 30.0}, [coming], BERLIN) == {coming: 20.0}


@pytest.mark.parametrize("weeks", [1, 2])
def test_the_hour_that_is_skipped_is_expected_by_no_quarter(weeks: int) -> None:
    """On 29 March 2026 there is no 2:00 in Berlin; a week later there is, and its history says nothing of that day."""
    history = {datetime(2026, 3, 29, hour, tzinfo=UTC): float(hour) for hour in range(4)}
    coming = datetime(2026, 3, 29, tzinfo=UTC) + timedelta(weeks=weeks)  # 2:00 in summer
    assert expected(history, [coming], BERLIN) == {}
