"""Charging or idle: examples with their moments, and what holds whatever a meter and a station say."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from json import dumps, loads

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from ohmstead.engines.idle import IdleRules, IdleRun, Kind, Mark, Read, rules_of, stretches
from ohmstead.engines.pricing import price_of, terms_of
from ohmstead.engines.pricing.model import Stretch

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
RULES = IdleRules()
MINUTE = timedelta(minutes=1)


def at(minute: float) -> datetime:
    return START + minute * MINUTE


def marks(*told: tuple[float, Kind]) -> list[Mark]:
    return [Mark(at(minute), kind) for minute, kind in told]


def reads(watts: Sequence[float], every: float = 1) -> list[Read]:
    """A reading after each so many minutes, with so many W on average before it."""
    found, energy = [], 0.0
    for number, power in enumerate(watts, 1):
        energy += power * every / 60
        found.append(Read(at(number * every), energy))
    return found


def told(found: Sequence[Stretch]) -> list[tuple[float, float, bool]]:
    """From minute, to minute, idle; adjoining ones of one kind as one."""
    joined: list[tuple[float, float, bool]] = []
    for one in found:
        start, end = ((moment - START) / MINUTE for moment in (one.start, one.end))
        if joined and joined[-1][2] == one.idle:
            start = joined.pop()[0]
        joined.append((start, end, one.idle))
    return joined


def judged(minutes: float, found: Sequence[Read], said: Sequence[Mark] = (), rules: IdleRules = RULES) -> list[tuple]:
    return told(stretches(START, at(minutes), found, said, rules))


def test_a_vehicle_is_idle_once_five_minutes_average_is_low_until_power_flows_again() -> None:
    watts = [11_000] * 10 + [0] * 20 + [11_000] * 5
    assert judged(35, reads(watts)) == [(0, 14, False), (14, 30, True), (30, 35, False)]


def test_a_vehicle_that_never_begins_is_idle_from_its_fifth_minute() -> None:
    assert judged(10, reads([0] * 10)) == [(0, 4, False), (4, 10, True)]


def test_the_threshold_is_a_border() -> None:
    assert judged(20, reads([240] * 20), rules=IdleRules(power_w=240)) == [(0, 20, False)]
    assert judged(20, reads([239] * 20), rules=IdleRules(power_w=240)) == [(0, 4, False), (4, 20, True)]
    assert judged(20, reads([0] * 20), rules=IdleRules(power_w=0)) == [(0, 20, False)]


def test_a_leap_of_a_coarse_register_does_not_flow() -> None:
    """In one of many readings 10 s apart its Wh is counted."""
    found = [Read(at(number / 6), number // 20) for number in range(1, 181)]
    assert judged(30, found) == [(0, pytest.approx(5 - 1 / 6), False), (pytest.approx(5 - 1 / 6), 30, True)]


def test_rare_readings_are_judged_at_their_later_end() -> None:
    assert judged(60, reads([11_000, 0, 0, 7_000], every=15)) == [(0, 15, False), (15, 45, True), (45, 60, False)]


def test_what_the_station_says_counts_from_its_moment() -> None:
    watts = [11_000] * 60 + [0] * 8 + [11_000] * 4 + [0] * 28
    said = marks((20, "suspended_evse"), (35, "charging"), (60, "suspended_ev"), (68, "charging"), (72, "suspended_ev"))
    throttled = watts[:20] + [0] * 15 + watts[35:]
    expected = [(0, 60, False), (60, 68, True), (68, 72, False), (72, 100, True)]
    assert judged(100, reads(throttled), said) == expected
    assert judged(100, reads([6_840] * 2, every=50), said) == expected  # readings far apart change nothing of it
    assert judged(100, [Read(at(100), 11_400)], said) == expected


@pytest.mark.parametrize("pair", [("suspended_evse", "charging"), ("withheld", "given"), ("unoffered", "offered")])
def test_power_that_was_withheld_is_nobodys_idling(pair: tuple[Kind, Kind]) -> None:
    watts = [11_000] * 10 + [0] * 30 + [0, 500, 3_000] + [11_000] * 7
    assert judged(50, reads(watts), marks((10, pair[0]), (40, pair[1]))) == [(0, 50, False)]
    still = [11_000] * 10 + [0] * 40
    assert judged(50, reads(still), marks((10, pair[0]), (40, pair[1]))) == [(0, 44, False), (44, 50, True)]


def test_a_limit_that_is_lifted_leaves_what_the_station_withholds() -> None:
    said = marks((10, "withheld"), (12, "suspended_evse"), (20, "given"))
    assert judged(40, reads([0] * 40), said) == [(0, 4, False), (4, 10, True), (10, 40, False)]


@pytest.mark.parametrize("says", [(), ((25, "suspended_ev"),)])
def test_what_is_taken_from_a_vehicle_that_leaves_it_unused_is_not_withheld(
    says: tuple[tuple[float, Kind], ...],
) -> None:
    """And tried again in vain; then it takes some."""
    watts = [11_000] * 10 + [0] * 45 + [11_000] * 5
    said = marks(*says, (20, "released"), (20.1, "suspended_evse"), (35, "given"), (37, "released"), (54, "given"))
    assert judged(60, reads(watts), said) == [(0, 14, False), (14, 55, True), (55, 60, False)]
    again = marks((20, "released"), (30, "withheld"))
    assert judged(55, reads(watts[:55]), again) == [(0, 14, False), (14, 30, True), (30, 55, False)]


def test_a_young_session_charges_unless_its_vehicle_takes_nothing() -> None:
    assert judged(5, reads([0] * 4)) == [(0, 5, False)]
    assert judged(5, reads([0] * 4), marks((1, "suspended_ev"))) == [(0, 1, False), (1, 5, True)]


def test_power_that_flows_ends_what_the_station_forgot() -> None:
    watts = [11_000] * 10 + [0] * 10 + [11_000] * 10
    assert judged(30, reads(watts), marks((10, "suspended_ev"))) == [(0, 10, False), (10, 20, True), (20, 30, False)]


def test_a_full_battery_is_idle_though_it_still_takes_power() -> None:
    found = [Read(at(number), number * 100, 70 + number) for number in range(1, 21)]
    rules = IdleRules(soc_percent=80)
    assert judged(20, found, rules=rules) == [(0, 10, False), (10, 20, True)]
    assert judged(20, found, marks((15, "withheld")), rules) == [(0, 10, False), (10, 15, True), (15, 20, False)]
    assert judged(4, [Read(at(2), 10, 95)], rules=rules) == [(0, 4, False)]


def test_boost_cuts_and_shares_the_energy() -> None:
    found = stretches(START, at(15), [Read(at(15), 1000)], marks((5, "boosted"), (10, "optimised")), RULES)
    assert [(one.energy_wh, one.boosted) for one in found] == [(333, False), (334, True), (333, False)]


def test_what_cannot_be_is_left_aside() -> None:
    kept = [Read(at(1), 100), Read(at(2), 200), Read(at(3), 300)]
    wrong = [Read(at(-1), 5), Read(at(1.5), 90), Read(at(2.5), 4000), Read(at(9), 900)]
    assert stretches(START, at(3), [*reversed(wrong), *kept], [], RULES) == stretches(START, at(3), kept, [], RULES)


def test_a_register_that_leaps_in_no_time_loses_nothing() -> None:
    found = stretches(START, at(1), [Read(at(1), 10), Read(at(1), 50)], [], RULES)
    assert [(one.start, one.end, one.energy_wh) for one in found] == [(START, at(1), 10), (at(1), at(1), 40)]
    assert stretches(START, START, [], [], RULES) == []


def test_without_a_reading_it_is_as_it_was() -> None:
    found = reads([11_000] * 10 + [0] * 10)
    assert judged(60, found) == [(0, 14, False), (14, 60, True)]
    assert judged(60, found, marks((30, "charging"))) == [(0, 14, False), (14, 30, True), (30, 60, False)]
    assert judged(60, []) == [(0, 60, False)]


class Settings(Struct):
    average_power_threshold: float = 300.0
    soc_threshold: float | None = 90
    allow_custom_power_threshold_per_tariff: bool = True
    allow_custom_soc_threshold_per_tariff: bool = True


def test_a_tariffs_own_thresholds_count_where_the_operator_allows_it() -> None:
    content = {"tariff": {"pricing": {"averagePowerIdleThreshold": 0.5, "stateOfChargeIdleThreshold": 80}}}
    assert rules_of(content, Settings()) == IdleRules(500, 80)
    assert rules_of({"tariff": {"pricing": {"averagePowerIdleThreshold": 0}}}, Settings()) == IdleRules(0, 90)
    assert rules_of(None, Settings()) == IdleRules(300, 90)
    refused = Settings(allow_custom_power_threshold_per_tariff=False, allow_custom_soc_threshold_per_tariff=False)
    assert rules_of(content, refused) == IdleRules(300, 90)


KINDS: list[Kind] = [
    "charging", "suspended_ev", "suspended_evse", "withheld", "given", "released", "unoffered", "offered", "boosted",
    "optimised",
]  # fmt: skip
gains = st.lists(st.tuples(st.integers(0, 1200), st.one_of(st.just(0.0), st.floats(0, 3000))), min_size=1, max_size=30)
sayings = st.lists(st.tuples(st.integers(0, 6000), st.sampled_from(KINDS)), max_size=12)


def course(gained: list[tuple[int, float]], said: list[tuple[int, Kind]]) -> tuple[list[Read], list[Mark]]:
    moment, energy, found = START, 0.0, []
    for seconds, wh in gained:
        moment, energy = moment + timedelta(seconds=seconds), energy + wh
        found.append(Read(moment, energy))
    return found, [Mark(START + timedelta(seconds=seconds), kind) for seconds, kind in said]


@given(gains, sayings, st.integers(0, 600))
def test_stretches_tile_the_session_and_add_up(
    gained: list[tuple[int, float]], said: list[tuple[int, Kind]], later: int
) -> None:
    found, spoken = course(gained, said)
    end = found[-1].at + timedelta(seconds=later)
    tiles = stretches(START, end, found, spoken, RULES)
    assert [START, *(one.end for one in tiles)] == [*(one.start for one in tiles), end]
    assert sum(one.energy_wh for one in tiles) == int(found[-1].energy_wh + 0.5)
    assert all(one.energy_wh >= 0 for one in tiles)


@given(gains, sayings, st.sets(st.integers(0, 30)))
def test_going_on_is_the_same_as_the_whole(
    gained: list[tuple[int, float]], said: list[tuple[int, Kind]], stops: set[int]
) -> None:
    found, spoken = course(gained, said)
    run, parts = IdleRun(START, RULES), []
    for first, last in pairwise([0, *sorted(stop for stop in stops if 0 < stop < len(found)), len(found)]):
        since, until = (START - MINUTE if first == 0 else found[first - 1].at), found[last - 1].at
        new = [mark for mark in spoken if since < mark.at <= until]
        parts += run.add(found[first:last], new)
        run = IdleRun.resume(RULES, loads(dumps(run.state())))
    assert run.until == found[-1].at
    assert parts == stretches(START, found[-1].at, found, spoken, RULES)


@given(gains, sayings)
def test_what_is_withheld_is_never_idle_and_a_higher_threshold_never_charges_more(
    gained: list[tuple[int, float]], said: list[tuple[int, Kind]]
) -> None:
    found, spoken = course(gained, said)
    tiles = stretches(START, found[-1].at, found, spoken, RULES)
    for one in tiles:
        before = [mark.kind for mark in sorted(spoken, key=lambda mark: mark.at) if mark.at <= one.start]
        stations = [kind for kind in before if kind in KINDS[:3]]
        limits = [kind for kind in before if kind in KINDS[3:6]]
        meters = [kind for kind in before if kind in KINDS[6:8]]
        withheld = "suspended_evse" in stations[-1:] or "withheld" in limits[-1:] or "unoffered" in meters[-1:]
        if withheld and "released" not in limits:
            assert not one.idle
    higher = stretches(START, found[-1].at, found, spoken, IdleRules(power_w=2_000))
    assert _idle(tiles) <= _idle(higher)


def _idle(tiles: list[Stretch]) -> timedelta:
    return sum((one.end - one.start for one in tiles if one.idle), timedelta())


@pytest.mark.parametrize("every", [1, 10, 50])
def test_what_the_stretches_cost(every: int) -> None:
    """E3 of the rules, whatever the meter's rhythm: 18 of 36 idle minutes lie within their grace."""
    content = {
        "tariff": {
            "type": "duration+energy",
            "pricing": {"pricePerKwh": 0.4, "idleFeePerMinute": 0.2, "idleFeeGracePeriodMinutes": 10},
        },
        "currency": {"code": "EUR", "amounts": 2, "prices": 5},
        "tax": None,
        "zone": "Europe/Berlin",
        "electricityRate": None,
    }
    said = marks((20, "suspended_evse"), (35, "charging"), (60, "suspended_ev"), (68, "charging"), (72, "suspended_ev"))
    watts = [15_200] * 20 + [0] * 15 + [15_200] * 25 + [0] * 40
    found = [read for read in reads(watts) if (read.at - START) % (every * MINUTE) == timedelta()]
    price = price_of(terms_of(content), START, stretches(START, at(100), found, said, RULES))
    assert {line.type: (line.quantity, line.price) for line in price.lines} == {
        "energy": (Decimal("11.4"), Decimal("4.56")), "idle_time": (18, Decimal("3.60")),
    }  # fmt: skip
    assert price.amount == Decimal("8.16")
    assert [period.idle for period in price.periods] == [False, True, False, True]
