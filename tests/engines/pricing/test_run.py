"""What holds for every tariff: going on is the same as the whole, and everything adds up."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from ohmstead.engines.pricing import TYPES, PriceRun, Stretch, Terms, price_of
from tests.engines.pricing.given import adds_up, at, lines, priced, terms

FEES = {
    "connectionFee": 0.5, "minPrice": 2, "idleFeePerMinute": 0.11, "idleFeeGracePeriodMinutes": 2.5,
    "idleFeeLimit": 3, "idleFeePeriodStart": "21:30", "idleFeePeriodEnd": "05:00",
}  # fmt: skip
UNITS = {"pricePeriodInMinutes": 15, "pricePerPeriod": 0.33, "durationFeeLimit": 2.5, "durationFeeGracePeriod": 7,
         "durationFeeFrom": "20:45", "durationFeeTo": "02:15"}  # fmt: skip
LEVELS = [{"firstUnit": 0, "lastUnit": 1, "feePerUnit": 0.3, "flatFee": 0.2},
          {"firstUnit": 2, "lastUnit": None, "feePerUnit": 0.4, "flatFee": 0.1}]  # fmt: skip
QUARTERS = [{"startsAt": f"{hour:02}:{start:02}", "endsAt": f"{hour:02}:{start + 15:02}", "price": hour / 100 - 0.05}
            for hour in range(24) for start in (0, 30)]  # fmt: skip
RATE = {"defaultPrice": 0.3, "weekDays": {"any": QUARTERS}, "dates": {"2026-11-25": [QUARTERS[3]]}}
MANY = {
    "free": {},
    "charging not allowed": {},
    "flat rate": {"pricePerSession": 4.5, "minPrice": 5},
    "duration+energy": {**FEES, **UNITS, "pricePerKwh": 0.51, "connectionFeeMinimumSessionDuration": 30},
    "duration+energy time of day": {
        "dayPricePerKwh": 0.5, "nightPricePerKwh": 0.31, "dayPricePerPeriod": 0.2, "nightPricePerPeriod": 0.1,
        "pricePeriodInMinutes": 1, "dayIdleFeePerMinute": 0.2, "nightIdleFeePerMinute": 0.05, "idleFeeLimit": 1.5,
    },
    "energy tou": {**FEES, **UNITS, "chargePointElectricityRate": True, "markupPercentagePerKwh": 12.5,
                   "markupFixedFeePerKwh": 0.021},
    "standard": {"multiPricePerKwh": [{"firstKwh": 0, "lastKwh": 3.333, "flatFee": 1, "feePerKwh": 0.1},
                                      {"firstKwh": 3.333, "feePerKwh": 0.3}],
                 "multiPricePerDuration": LEVELS, "multiIdleFee": LEVELS, "durationFeeLimit": 1.1, "idleFeeLimit": 0.9},
    "standard_tod": {
        "timePeriods": [{"startTime": "06:00", "endTime": "22:00"}, {"startTime": "22:00", "endTime": "06:00"}],
        "pricePeriods": {name: {"fee": [0.5, 0.31]} for name in (
            "connectionFeePeriods", "energyFeePeriods", "durationFeePeriods", "idleFeePeriods")},
        "daysWhenApplied": [{"name": "wednesday", "pricePeriods": {"energyFeePeriods": {"fee": [0.6, 0.4]}}}],
    },
    "average power levels": {**FEES, "averagePowerLevels": [{"averagePowerUpToKw": 3, "pricePerMinute": 0.02},
                                                            {"averagePowerUpToKw": 6, "pricePerMinute": 0.05}]},
    "peak power levels": {**FEES, "regularUsePeriod": 20.5, "peakPowerLevels": [
        {"peakPowerUpToKw": 3, "regularPricePerMinute": 0.02, "excessUsePricePerMin": 0.04},
        {"peakPowerUpToKw": 9, "regularPricePerMinute": 0.03, "excessUsePricePerMin": 0.07}]},
    "optimised dynamic pricing": {**FEES, **UNITS, "chargePointElectricityRate": True, "pricePerKwh": 0.5,
                                  "thresholdPriceForEnergy": 0.16, "priceForEnergyWhenOptimized": 0.4},
}  # fmt: skip
ALL = {kind: terms(kind, MANY[kind], tax=19, rate=RATE) for kind in TYPES}
START = at("20:47:13")
part = st.tuples(st.integers(0, 5400), st.integers(0, 4000), st.booleans(), st.booleans())


def tiled(parts: list[tuple[int, int, bool, bool]]) -> list[Stretch]:
    found, here = list[Stretch](), START
    for seconds, wh, idle, boosted in parts:
        found.append(Stretch(here, here + timedelta(seconds=seconds), wh, idle, boosted))
        here = found[-1].end
    return found


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=30, deadline=None)
@drawn(parts=st.lists(part, max_size=12), after=st.integers(0, 12), cuts=st.lists(st.integers(-60, 400), max_size=5))
def test_a_session_may_be_cut_anywhere(kind, parts, after, cuts):
    the, all_of_it = ALL[kind], tiled(parts)
    whole = price_of(the, START, all_of_it)
    assert adds_up(whole)
    run = PriceRun(the, START)
    run.add(all_of_it[:after])
    run = PriceRun.resume(fresh(kind), json.loads(json.dumps(run.state())))
    run.price()  # changes nothing
    run.add(all_of_it[after:])
    assert run.price() == whole
    cut = price_of(the, START, all_of_it, [START + timedelta(minutes=each) for each in cuts])
    assert adds_up(cut)
    assert (cut.lines, cut.amount, cut.net) == (whole.lines, whole.amount, whole.net)


def fresh(kind: str) -> Terms:
    """As another process has them."""
    return terms(kind, MANY[kind], tax=19, rate=RATE)


@settings(max_examples=100, deadline=None)
@drawn(kind=st.sampled_from(list(TYPES)), parts=st.lists(part, min_size=1, max_size=8), tax=st.integers(0, 3000))
def test_net_is_rounded_once(kind, parts, tax):
    the = terms(kind, MANY[kind], tax=tax / 100, rate=RATE)
    found = price_of(the, START, tiled(parts))
    assert adds_up(found)
    assert abs(found.net * (1 + Decimal(tax) / 10000) - found.amount) <= Decimal("0.005") * (1 + Decimal(tax) / 10000)


@settings(max_examples=100, deadline=None)
@drawn(parts=st.lists(part, min_size=1, max_size=6), more=st.integers(1, 3000))
def test_more_energy_costs_no_less(parts, more):
    for kind in ("duration+energy", "standard", "standard_tod", "average power levels", "flat rate"):
        larger = [(parts[0][0], parts[0][1] + more, *parts[0][2:]), *parts[1:]]
        assert price_of(ALL[kind], START, tiled(larger)).amount >= price_of(ALL[kind], START, tiled(parts)).amount


def test_periods_are_cut_at_given_moments():
    the = terms("duration+energy", {"pricePerKwh": 0.333})
    found = priced(the, "10:10", (60, 1), cut_at=[at("10:15"), at("10:30"), at("11:10"), at("12:00")])
    assert [(period.end, period.energy_wh) for period in found.periods] == [
        (at("10:15"), 83), (at("10:30"), 250), (at("11:10"), 667),
    ]  # fmt: skip
    assert [f"{period.amount}" for period in found.periods] == ["0.03", "0.08", "0.22"]


def test_a_session_without_time_has_one_period():
    found = priced(terms("flat rate", {"pricePerSession": 5}, tax=20), "10:00")
    assert [(period.start, period.end, period.amount, period.lines) for period in found.periods] == [
        (at("10:00"), at("10:00"), Decimal(5), found.lines)
    ]
    assert f"{found.net}" == "4.17"


def test_energy_at_one_moment_is_priced_at_it():
    the = terms("duration+energy time of day", {"dayPricePerKwh": 0.5, "nightPricePerKwh": 0.25})
    found = priced(the, "21:00", (60, 1), (0, 2), (30, 4))
    assert lines(found) == [("energy", "1 x 0.5", "0.50"), ("energy", "6 x 0.25", "1.50")]
    assert [period.energy_wh for period in found.periods] == [1000, 6000]


def test_currencies_without_cents_are_rounded_to_whole_units():
    the = terms("duration+energy", {"pricePerKwh": 41.3}, amounts=0, tax=10)
    found = priced(the, "10:00", (60, 3.5))
    assert (found.amount, found.net) == (145, 132)
    assert f"{found.amount}" == "145"


def test_a_state_does_not_grow_with_what_changes_nothing():
    run = PriceRun(ALL["duration+energy"], START)
    run.add(tiled([(60, 100, False, False)]))
    size = len(json.dumps(run.state()))
    run.add([Stretch(START + timedelta(minutes=n), START + timedelta(minutes=n + 1), 100) for n in range(1, 300)])
    assert len(json.dumps(run.state())) < size + 200


def test_an_extension_keeps_the_price_that_its_first_session_locked():
    prices = {"dayPricePerKwh": 0.5, "nightPricePerKwh": 0.3, "lockPriceOnSessionStart": True}
    the = terms("duration+energy time of day", prices)
    told = {"extends_wh": 4000, "locked_at": at("21:10")}
    assert lines(priced(the, "22:30", (30, 2), **told)) == [("energy", "2 x 0.5", "1.00")]
    run = PriceRun.resume(the, json.loads(json.dumps(PriceRun(the, at("22:30"), **told).state())))
    run.add([Stretch(at("22:30"), at("23:00"), 2000)])
    assert run.price().amount == Decimal("1.00")
