"""Cycles of subscriptions: E14 of the money rules with all its figures, and what holds for every anchor."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.subscription_cycles import MONTHS, Renewal, border, cycle_end

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"]

zones = st.sampled_from(ZONES).map(ZoneInfo)
renewals: st.SearchStrategy[Renewal] = st.sampled_from(["monthly", "annually"])
anchors = st.integers(0, 20 * 365 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


def walked(anchor: datetime, renewal: Renewal, zone: ZoneInfo, cycles: int) -> list[datetime]:
    """The ends of so many cycles, each from the one before."""
    found = [anchor]
    for _ in range(cycles):
        found.append(cycle_end(anchor, found[-1], renewal, zone))
    return found[1:]


def test_e14_a_month_from_the_31st() -> None:
    ends = walked(datetime(2027, 1, 31, 8, tzinfo=UTC), "monthly", BERLIN, 12)
    assert [f"{one:%m-%d %H:%M}" for one in ends] == [
        "02-28 08:00", "03-31 07:00", "04-30 07:00", "05-31 07:00", "06-30 07:00", "07-31 07:00", "08-31 07:00",
        "09-30 07:00", "10-31 08:00", "11-30 08:00", "12-31 08:00", "01-31 08:00",
    ]  # fmt: skip
    assert {f"{one.astimezone(BERLIN):%H:%M}" for one in ends} == {"09:00"}


def test_e14_a_year_from_a_leap_day() -> None:
    ends = walked(datetime(2028, 2, 29, 12, tzinfo=UTC), "annually", BERLIN, 4)
    assert [f"{one:%Y-%m-%d}" for one in ends] == ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]


@pytest.mark.parametrize(("anchor", "end"), [
    (datetime(2027, 2, 28, 1, 30, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # 02:30 is left out: 03:30
    (datetime(2027, 9, 30, 22, 30, tzinfo=UTC), datetime(2027, 10, 31, 23, 30, tzinfo=UTC)),  # 00:30 of the 1st
    (datetime(2027, 8, 31, 0, 30, tzinfo=UTC), datetime(2027, 9, 30, 0, 30, tzinfo=UTC)),
    (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), datetime(2027, 11, 30, 1, 30, tzinfo=UTC)),  # the second 02:30
])  # fmt: skip
def test_clocks_that_are_moved(anchor: datetime, end: datetime) -> None:
    assert cycle_end(anchor, anchor, "monthly", BERLIN) == end


def test_the_first_of_two_hours() -> None:
    anchor = datetime(2027, 8, 31, 0, 30, tzinfo=UTC)  # 02:30, which 31 October has twice
    assert border(anchor, 2, BERLIN) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@given(anchors, renewals, zones, st.integers(1, 30))
def test_cycles_follow_each_other_by_the_anchor(
    anchor: datetime, renewal: Renewal, zone: ZoneInfo, number: int
) -> None:
    ends = walked(anchor, renewal, zone, number)
    assert ends == [border(anchor, n * MONTHS[renewal], zone) for n in range(1, number + 1)]
    local = anchor.astimezone(zone)
    for n, end in enumerate(ends, 1):
        shown = end.astimezone(zone)
        months = local.year * 12 + local.month - 1 + n * MONTHS[renewal]
        year, month = months // 12, months % 12 + 1
        wanted = datetime.combine(date(year, month, min(local.day, monthrange(year, month)[1])), local.time())
        leapt = shown.replace(tzinfo=None) - wanted
        assert timedelta(0) <= leapt <= timedelta(hours=1)  # the hour that a moved clock leaves out
        assert not leapt or not _exists(wanted, zone)


def _exists(wall: datetime, zone: ZoneInfo) -> bool:
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall


@given(anchors, zones, st.integers(0, 40), renewals)
def test_a_plan_may_renew_otherwise_from_any_border_on(
    anchor: datetime, zone: ZoneInfo, months: int, renewal: Renewal
) -> None:
    begin = border(anchor, months, zone)
    assert cycle_end(anchor, begin, renewal, zone) == border(anchor, months + MONTHS[renewal], zone)


@given(anchors, zones, renewals, st.integers(1, 10**8))
def test_what_begins_before_the_anchor_lasts_until_it(
    anchor: datetime, zone: ZoneInfo, renewal: Renewal, seconds: int
) -> None:
    assert cycle_end(anchor, anchor - timedelta(seconds=seconds), renewal, zone) == anchor
