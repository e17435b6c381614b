"""Cycles of allowances: days of 24 hours, and weeks, months and years of the clock."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.allowance_cycles import Cycle, Reset, cycles, renewal_cycles

BERLIN = ZoneInfo("Europe/Berlin")
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"]).map(
    ZoneInfo
)
resets: st.SearchStrategy[Reset] = st.sampled_from(
    ["after_24_hours", "after_each_week", "after_each_month", "after_each_year"]
)
moments = st.integers(0, 12 * 365 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def borders(reset: Reset, anchor: str, start: str, end: str) -> list[str]:
    """On the clock of Berlin."""
    found = list(cycles(reset, local(anchor), BERLIN, local(start), local(end)))
    return [f"{one.astimezone(BERLIN):%Y-%m-%d %H:%M}" for one in (found[0].start, *(each.end for each in found))]


@pytest.mark.parametrize(
    ("reset", "anchor", "start", "end", "expected"),
    [
        ("after_24_hours", "2026-10-24 12:00", "2026-10-24 13:00", "2026-10-26 10:00",
         ["2026-10-24 12:00", "2026-10-25 11:00", "2026-10-26 11:00"]),
        ("after_24_hours", "2026-10-24 12:00", "2026-10-23 13:00", "2026-10-23 14:00",
         ["2026-10-23 12:00", "2026-10-24 12:00"]),
        ("after_each_week", "2026-10-20 09:30", "2026-10-20 09:30", "2026-10-27 09:31",
         ["2026-10-20 09:30", "2026-10-27 09:30", "2026-11-03 09:30"]),
        ("after_each_week", "2026-10-20 09:30", "2026-10-01 00:00", "2026-10-01 01:00",
         ["2026-09-29 09:30", "2026-10-06 09:30"]),
        ("after_each_month", "2027-01-31 09:00", "2027-02-28 08:59", "2027-03-31 09:01",
         ["2027-01-31 09:00", "2027-02-28 09:00", "2027-03-31 09:00", "2027-04-30 09:00"]),
        ("after_each_month", "2027-03-31 09:00", "2027-02-28 09:00", "2027-02-28 09:01",
         ["2027-02-28 09:00", "2027-03-31 09:00"]),
        ("after_each_year", "2028-02-29 12:00", "2029-01-01 00:00", "2032-03-01 00:00",
         ["2028-02-29 12:00", "2029-02-28 12:00", "2030-02-28 12:00", "2031-02-28 12:00", "2032-02-29 12:00",
          "2033-02-28 12:00"]),
    ],
)  # fmt: skip
def test_borders(reset: Reset, anchor: str, start: str, end: str, expected: list[str]) -> None:
    assert borders(reset, anchor, start, end) == expected


@given(reset=resets, anchor=moments, zone=zones, start=moments, hours=st.integers(0, 2000))
def test_cycles_tile_the_time(reset: Reset, anchor: datetime, zone: ZoneInfo, start: datetime, hours: int) -> None:
    end = start + timedelta(hours=hours)
    found = list(cycles(reset, anchor, zone, start, end))
    assert found[0].start <= start < found[0].end
    assert found[-1].start < max(end, start + timedelta(microseconds=1)) <= found[-1].end
    assert all(one.end == following.start for one, following in pairwise(found))
    for each in found:  # whoever asks from another moment of it sees the same
        middle = each.start + (each.end - each.start) / 2
        assert list(cycles(reset, anchor, zone, middle, middle)) == [each]
        assert next(cycles(reset, anchor, zone, each.start, each.start)) == each


@given(anchor=moments, zone=zones, start=moments)
def test_a_day_has_24_hours(anchor: datetime, zone: ZoneInfo, start: datetime) -> None:
    [one] = cycles("after_24_hours", anchor, zone, start, start)
    assert one.end - one.start == timedelta(hours=24)
    assert (one.start - anchor) % timedelta(hours=24) == timedelta(0)


@given(reset=st.sampled_from(["after_each_week", "after_each_month", "after_each_year"]), anchor=moments, start=moments)
def test_others_begin_when_the_clock_shows_the_anchors_time(reset: Reset, anchor: datetime, start: datetime) -> None:
    [one] = cycles(reset, anchor, BERLIN, start, start)
    shown, wanted = one.start.astimezone(BERLIN), anchor.astimezone(BERLIN)
    if shown.time() != wanted.time():  # the clock skips it on that day
        assert (shown.month, wanted.hour, shown.hour) == (3, 2, 3)
    if reset == "after_each_week":
        assert shown.weekday() == wanted.weekday()
    elif shown.day != wanted.day:
        assert shown.day < wanted.day
        assert (shown + timedelta(days=1)).day == 1


def test_the_cycles_of_a_subscription_go_on_by_its_anchor() -> None:
    known = [Cycle(local("2027-01-20 10:00"), local("2027-01-31 00:00"))]
    anchor = known[0].end
    found = list(renewal_cycles(known, anchor, "monthly", BERLIN, local("2027-01-25 00:00"), local("2027-03-01 00:00")))
    assert found == [*known, Cycle(anchor, local("2027-02-28 00:00")),
                     Cycle(local("2027-02-28 00:00"), local("2027-03-31 00:00"))]  # fmt: skip
    later = list(
        renewal_cycles(known, anchor, "annually", BERLIN, local("2027-03-01 00:00"), local("2027-03-02 00:00"))
    )
    assert later == [Cycle(anchor, local("2028-01-31 00:00"))]
