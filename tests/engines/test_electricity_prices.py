"""What a kWh costs at each moment: layers of days, slots of a market, and the default in the holes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.electricity_prices import electricity_prices

BERLIN = ZoneInfo("Europe/Berlin")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00" if len(text) == 16 else f"{text}+00:00")


def period(of: str, to: str, price: float | Decimal) -> dict[str, Any]:
    return {"startsAt": of, "endsAt": to, "price": price}


def billed(content: dict[str, Any], start: str, end: str, zone: ZoneInfo = BERLIN) -> list[tuple[str, str, str]]:
    found = electricity_prices({"defaultPrice": 0.3} | content).billed(moment(start), moment(end), zone)
    return [(f"{one.start:%d %H:%M}", f"{one.end:%d %H:%M}", str(one.per_kwh)) for one in found]


LAYERS = {
    "weekDays": {"tue": [period("00:00", "06:00", 0.1), period("20:00", "24:00", 0.4)], "any": []},
    "dates": {"2026-11-24": [period("05:00", "07:00", -0.05)]},
}


def test_a_date_goes_before_its_week_day_and_that_before_the_default() -> None:
    assert billed(LAYERS, "2026-11-23 23:00", "2026-11-25 00:00") == [
        ("23 23:00", "24 04:00", "0.1"), ("24 04:00", "24 06:00", "-0.05"), ("24 06:00", "24 19:00", "0.3"),
        ("24 19:00", "24 23:00", "0.4"), ("24 23:00", "25 00:00", "0.3"),
    ]  # fmt: skip


def test_any_day_is_each_that_has_no_prices_of_its_own() -> None:
    content = {"weekDays": {"any": [period("00:00", "12:00", 0.2)], "wed": [period("00:00", "12:00", 0.25)]}}
    assert [price for _, _, price in billed(content, "2026-11-23 23:00", "2026-11-25 11:00")] == ["0.2", "0.3", "0.25"]


@pytest.mark.parametrize(
    ("zone", "start", "end", "hours"),
    [
        ("Europe/Berlin", "2026-10-24 22:00", "2026-10-25 05:00", ["25 00:30", "25 01:30"]),  # the hour comes twice
        ("Europe/Berlin", "2026-03-28 22:00", "2026-03-29 05:00", []),  # and is missing
        ("Australia/Lord_Howe", "2026-04-04 12:00", "2026-04-04 18:00", ["04 16:00"]),
        ("America/Phoenix", "2026-10-25 06:00", "2026-10-25 12:00", ["25 09:30"]),
    ],
)
def test_hours_are_those_on_the_clock_on_the_wall(zone: str, start: str, end: str, hours: list[str]) -> None:
    content = {"weekDays": {"any": [period("02:30", "03:00", 1)]}}
    assert [of for of, _, price in billed(content, start, end, ZoneInfo(zone)) if price == "1"] == hours


SLOTS = {
    "slots": [
        ["2026-11-24T09:00:00+00:00", "2026-11-24T09:14:59+00:00", 0.21],  # a second early
        ["2026-11-24T09:15:00+00:00", "2026-11-24T09:30:00+00:00", 0.24],
        ["2026-11-24T09:45:00+00:00", "2026-11-24T09:59:00+00:00", 0.27],  # a whole minute: a hole
        ["2026-11-24T10:00:00+00:00", "2026-11-24T10:15:00+00:00", 0.27],
    ]
}


def test_a_slot_that_ends_a_second_early_leaves_no_hole() -> None:
    assert billed(SLOTS, "2026-11-24 09:05", "2026-11-24 10:20") == [
        ("24 09:05", "24 09:15", "0.21"), ("24 09:15", "24 09:30", "0.24"), ("24 09:30", "24 09:45", "0.3"),
        ("24 09:45", "24 09:59", "0.27"), ("24 09:59", "24 10:00", "0.3"), ("24 10:00", "24 10:15", "0.27"),
        ("24 10:15", "24 10:20", "0.3"),
    ]  # fmt: skip


def test_a_hole_stays_one_for_who_plans() -> None:
    known = electricity_prices({"defaultPrice": 0.3} | SLOTS).known(
        moment("2026-11-24 09:20"), moment("2026-11-24 09:50"), BERLIN
    )
    assert [(f"{one.start:%H:%M}", f"{one.end:%H:%M}") for one in known] == [("09:20", "09:30"), ("09:45", "09:50")]


@pytest.mark.parametrize("content", [{"slots": []}, {}, {"weekDays": {}, "dates": {}}, {"weekDays": None}])
def test_without_any_price_all_is_the_default(content: dict[str, Any]) -> None:
    assert billed(content, "2026-11-24 22:00", "2026-11-26 10:00") == [("24 22:00", "26 10:00", "0.3")]


def test_nothing_costs_nothing() -> None:
    assert billed(SLOTS, "2026-11-24 09:05", "2026-11-24 09:05") == []


@given(st.integers(0, 6000), st.integers(0, 6000), st.sampled_from([LAYERS, SLOTS, {}]))
def test_all_of_the_time_has_one_price(start: int, minutes: int, content: dict[str, Any]) -> None:
    begin, end = (datetime.fromtimestamp(1795300000 + 60 * at, UTC) for at in (start, start + minutes))
    found = electricity_prices({"defaultPrice": 0.3} | content).billed(begin, end, BERLIN)
    assert [begin, *(one.end for one in found)] == [*(one.start for one in found), end]
    assert all(one.start < one.end for one in found)
