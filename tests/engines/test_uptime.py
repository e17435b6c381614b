"""Uptime is reckoned from spans that overlap, stick out of the window, and exempt one another."""

from datetime import UTC, datetime, timedelta

import pytest

from ohmstead.engines.uptime import Span, Uptime, uptime

DAY = datetime(2026, 5, 1, tzinfo=UTC)


def spans(*hours: tuple[float, float]) -> list[Span]:
    return [(DAY + timedelta(hours=start), DAY + timedelta(hours=end)) for start, end in hours]


[WINDOW] = spans((0, 10))


@pytest.mark.parametrize(
    ("operational", "down", "exempt", "found"),
    [
        ([], [(0, 5)], [], Uptime(0, 0)),
        ([(0, 10)], [], [], Uptime(600, 0)),
        ([(-5, 20)], [(9, 30)], [], Uptime(600, 60)),  # what sticks out of the window does not count
        ([(0, 4), (6, 10)], [(3, 7)], [], Uptime(480, 120)),  # nor what is down while it is not meant to work
        ([(0, 10)], [(1, 3), (2, 4), (2, 3)], [], Uptime(600, 180)),  # what overlaps counts once
        ([(0, 10)], [(1, 5)], [(2, 3), (2.5, 4)], Uptime(600, 120)),  # what is exempt does not count
        ([(0, 10)], [(1, 2)], [(2, 3)], Uptime(600, 60)),
        ([(0, 10)], [(0, 10)], [], Uptime(600, 600)),
        ([(20, 30)], [(20, 30)], [], Uptime(0, 0)),
        ([(0, 10), (0, 10)], [(4, 4)], [], Uptime(600, 0)),
    ],
)
def test_minutes_add_up(
    operational: list[tuple[float, float]], down: list[tuple[float, float]], exempt: list[tuple[float, float]],
    found: Uptime,
) -> None:  # fmt: skip
    assert uptime(WINDOW, spans(*operational), spans(*down), spans(*exempt)) == found


def test_the_share_is_of_the_time_it_was_meant_to_work() -> None:
    shares = [Uptime(0, 0).percent, Uptime(600, 0).percent, Uptime(600, 600).percent, Uptime(720, 1).percent]
    assert shares == [None, 100, 0, 99.861]
