"""Schedules, held against an oracle that knows no calendar arithmetic: it walks through time and looks at clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.engines.schedules import Daily, Every, Monthly, months_later
from ohmstead.store.due_work import back_off

STEP = timedelta(minutes=15)  # clocks have been moved by multiples of it in all these years
ZONES = [
    "UTC", "Europe/Berlin", "Europe/Sofia", "America/New_York", "America/Havana", "America/Sao_Paulo",
    "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Beirut", "Africa/Casablanca", "Pacific/Apia",
]  # fmt: skip

zones = st.sampled_from(ZONES).map(ZoneInfo)
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
BEGIN = datetime(2010, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=27 * 365)).map(lambda passed: BEGIN + passed)
odd = st.sampled_from([
    datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 0, 30, tzinfo=UTC),  # Europe
    datetime(2027, 3, 14, 4, 30, tzinfo=UTC), datetime(2027, 11, 7, 4, 30, tzinfo=UTC),  # America
    datetime(2011, 12, 30, 9, 0, tzinfo=UTC), datetime(2018, 11, 4, 2, 0, tzinfo=UTC),  # Samoa, Brazil
    datetime(2027, 1, 31, 22, 0, tzinfo=UTC), datetime(2028, 2, 28, 22, 0, tzinfo=UTC),
])  # fmt: skip


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows."""
    return moment.astimezone(zone).replace(tzinfo=None)


def last_of_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def fits(day: date, on: int) -> bool:
    return day.day == on or (last_of_month(day) and day.day < on)


def walked(moment: datetime, at: time, zone: ZoneInfo, on: int | None) -> datetime:
    """The first moment after one at which the wall shows `at`, for the first time that day, on such a day of the month;
    where the clocks leap over it, as long after the leap as it lies after the leap's beginning."""
    tick = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0) - 100 * STEP
    seen: set[datetime] = set()
    due: set[datetime] = set()
    before = shown(tick - STEP, zone)
    while not any(one > moment for one in due):
        now = shown(tick, zone)
        leapt = now - before - STEP
        for wall in [now - leapt + STEP * n for n in range(leapt // STEP + 1)] if leapt > timedelta(0) else [now]:
            if wall not in seen and wall.time() == at and (on is None or fits(wall.date(), on)):
                due.add(tick if wall == now else tick + (wall - (now - leapt)))
            seen.add(wall)
        before, tick = now, tick + STEP
    return min(one for one in due if one > moment)


@settings(max_examples=300, deadline=None)
@given(moments | odd, times, zones)
def test_a_day_has_its_hour_in_the_zone_whatever_the_clocks_do(moment: datetime, at: time, zone: ZoneInfo) -> None:
    assert Daily(at, zone).after(moment) == walked(moment, at, zone, None)


@settings(max_examples=100, deadline=None)
@given(moments | odd, st.integers(1, 31), times, zones)
def test_a_month_has_its_day_or_its_last(moment: datetime, on: int, at: time, zone: ZoneInfo) -> None:
    assert Monthly(on, at, zone).after(moment) == walked(moment, at, zone, on)


@given(moments, st.integers(1, 31), times, zones)
def test_twelve_months_are_each_told_once(moment: datetime, on: int, at: time, zone: ZoneInfo) -> None:
    schedule, told = Monthly(on, at, zone), [moment]
    for _ in range(12):
        told.append(schedule.after(told[-1]))
    months = [(one.astimezone(zone).year, one.astimezone(zone).month) for one in told[1:]]
    assert len(set(months)) == 12


@pytest.mark.parametrize(
    ("at", "moment", "due"),
    [
        (time(2, 30), "2027-03-27T12:00+00:00", "2027-03-28T01:30+00:00"),  # skipped: it is 03:30 of summer time
        (time(2, 30), "2027-10-30T12:00+00:00", "2027-10-31T00:30+00:00"),  # twice: the first
        (time(2, 30), "2027-10-31T00:30+00:00", "2027-11-01T01:30+00:00"),  # and not again an hour later
        (time(3, 0), "2027-03-27T02:00+00:00", "2027-03-28T01:00+00:00"),  # 23 h later
    ],
)
def test_hours_of_the_nights_on_which_clocks_are_moved(at: time, moment: str, due: str) -> None:
    daily = Daily(at, ZoneInfo("Europe/Berlin"))
    assert daily.after(datetime.fromisoformat(moment)) == datetime.fromisoformat(due)


def test_the_31st_comes_back_after_a_short_month() -> None:
    schedule, moment = Monthly(31, time(8), ZoneInfo("UTC")), datetime(2027, 1, 31, 8, tzinfo=UTC)
    days: list[str] = []
    for _ in range(4):
        moment = schedule.after(moment)
        days.append(f"{moment:%m-%d}")
    assert days == ["02-28", "03-31", "04-30", "05-31"]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 240), st.integers(1, 31))
def test_so_many_months_later(day: date, months: int, on: int) -> None:
    walked = day.replace(day=1)
    for _ in range(months):
        walked = (walked + timedelta(days=31)).replace(day=1)
    while walked.day < on and not last_of_month(walked):
        walked += timedelta(days=1)
    assert months_later(day, months, on) == walked


@given(moments, moments, st.timedeltas(timedelta(microseconds=1), timedelta(days=40)))
def test_an_interval_goes_on_from_its_beginning(moment: datetime, since: datetime, interval: timedelta) -> None:
    due = Every(interval, since).after(moment)
    assert due - interval <= moment < due
    assert (due - since) % interval == timedelta(0)


def test_waits_double_up_to_a_bound() -> None:
    waits = [back_off(failures, timedelta(seconds=2), timedelta(minutes=1)) for failures in range(1, 8)]
    assert [wait.total_seconds() for wait in waits] == [2, 4, 8, 16, 32, 60, 60]
    assert back_off(10**9, timedelta(seconds=2), timedelta(minutes=1)) == timedelta(minutes=1)
    assert back_off(0, timedelta(seconds=2), timedelta(minutes=1)) == timedelta(seconds=2)
