"""Wall clocks: nights with an hour too many, or too few."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ohmstead.engines.wall_clock import shown

BERLIN, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")


def hours(zone: ZoneInfo, start: datetime, end: datetime, *windows: tuple[int, int]) -> list[tuple[str, str]]:
    found = shown(zone, start, end, lambda _: [(of, to, None) for of, to in windows])
    return [(f"{of:%d %H:%M}", f"{to:%d %H:%M}") for of, to, _ in found]


def lasting(zone: ZoneInfo, start: datetime, end: datetime, *windows: tuple[int, int]) -> timedelta:
    found = shown(zone, start, end, lambda _: [(of, to, None) for of, to in windows])
    return sum((to - of for of, to, _ in found), timedelta())


def test_a_border_in_the_doubled_hour_holds_both_times() -> None:
    """With the day beginning at 02:30 there are 120 minutes of night and 120 of day, in four stretches."""
    start, end = datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC)
    night, day = (0, 150), (150, 1440)
    assert hours(BERLIN, start, end, night) == [("24 23:00", "25 00:30"), ("25 01:00", "25 01:30")]
    assert hours(BERLIN, start, end, day) == [("25 00:30", "25 01:00"), ("25 01:30", "25 03:00")]


@pytest.mark.parametrize(
    ("zone", "day", "lasts"),
    [
        (BERLIN, datetime(2026, 7, 1, tzinfo=UTC), 8 * 60),
        (BERLIN, datetime(2026, 10, 24, tzinfo=UTC), 9 * 60),
        (BERLIN, datetime(2026, 3, 28, tzinfo=UTC), 7 * 60),
        (LORD_HOWE, datetime(2026, 4, 4, tzinfo=UTC), 8 * 60 + 30),
        (LORD_HOWE, datetime(2026, 10, 3, tzinfo=UTC), 7 * 60 + 30),
    ],
)
def test_a_night_is_as_long_as_it_is(zone: ZoneInfo, day: datetime, lasts: int) -> None:
    start = day.replace(tzinfo=zone, hour=12)
    end = (day + timedelta(days=1)).replace(tzinfo=zone, hour=12)
    assert lasting(zone, start.astimezone(UTC), end.astimezone(UTC), (22 * 60, 30 * 60)) == timedelta(minutes=lasts)


def test_windows_past_midnight_are_cut_where_the_look_ends() -> None:
    start, end = datetime(2026, 7, 1, 0, 10, tzinfo=UTC), datetime(2026, 7, 1, 21, tzinfo=UTC)
    assert hours(BERLIN, start, end, (22 * 60, 30 * 60)) == [("01 00:10", "01 04:00"), ("01 20:00", "01 21:00")]


def test_all_of_it_is_covered_whatever_the_second() -> None:
    for zone in (BERLIN, LORD_HOWE):
        for month in (3, 4, 10):
            start = datetime(2026, month, 1, 7, 13, 11, 500_000, tzinfo=UTC)
            end = start + timedelta(days=31)
            assert lasting(zone, start, end, (0, 1440)) == end - start
