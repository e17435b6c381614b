"""Covered energy costs nothing: against the oracle, which is given the session minute by minute without it, and by
figures."""

import json
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.engines.pricing import Covered, PriceRun, Stretch, Use, price_of
from tests.engines.pricing import oracle
from tests.engines.pricing.given import adds_up, at, content, lines, priced, terms
from tests.engines.pricing.oracle_moments import Part
from tests.engines.pricing.test_properties import shown
from tests.engines.pricing.test_run import MANY, RATE

KINDS = ("duration+energy", "duration+energy time of day", "standard", "standard_tod")
START = at("20:47")
MINUTE = timedelta(minutes=1)


@st.composite
def parts(draw: st.DrawFn) -> list[Part]:
    """Of whole minutes, in each of which as many Wh flow."""
    found, here = list[Part](), START
    for _ in range(draw(st.integers(1, 5))):
        minutes = draw(st.integers(1, 90))
        end = here + minutes * MINUTE
        found.append((here, end, minutes * draw(st.integers(0, 180)), draw(st.booleans()), False))
        here = end
    return found


@st.composite
def windows(draw: st.DrawFn) -> list[Covered]:
    """With borders at minutes, some of one cycle and with holes between."""
    borders = sorted(draw(st.sets(st.integers(-20, 400), min_size=2, max_size=6)))
    found = list[Covered]()
    for begin, end in pairwise(borders):
        if draw(st.booleans()):
            continue
        cycle = found[-1].cycle if found and draw(st.booleans()) else START + begin * MINUTE
        limit = found[-1].limit_wh if found and found[-1].cycle == cycle else draw(st.integers(0, 9000))
        found.append(Covered(START + begin * MINUTE, START + end * MINUTE, 7, cycle, limit))
    return found


def by_minute(told: list[Part], covered: list[Covered]) -> tuple[list[Part], dict[Any, int]]:
    """The session minute by minute, less what was covered; and that by its cycle."""
    left, used, found = {each.cycle: each.limit_wh for each in covered}, dict[Any, int](), list[Part]()
    for start, end, wh, idle, boosted in told:
        minutes = (end - start) // MINUTE
        for number in range(minutes):
            moment, flows = start + number * MINUTE, wh // minutes
            for each in covered:
                if each.start <= moment < each.end:
                    taken = min(flows, left[each.cycle])
                    left[each.cycle] -= taken
                    used[each.cycle] = used.get(each.cycle, 0) + taken
                    flows -= taken
            found.append((moment, moment + MINUTE, flows, idle, boosted))
    return found, {cycle: wh for cycle, wh in used.items() if wh}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_engine_and_oracle_agree_on_what_is_left(kind: str, data: st.DataObject) -> None:
    told, covered = data.draw(parts()), data.draw(windows())
    less, used = by_minute(told, covered)
    price = price_of(
        terms(kind, MANY[kind], tax=19, rate=RATE), START, [Stretch(*one) for one in told], covered=covered
    )
    assert {each.cycle: each.energy_wh for each in price.covered} == used
    assert sum(one.energy_wh for one in price.periods) == sum(one[2] for one in told)
    assert adds_up_in_money(price)
    assert shown(price) == shown(oracle.price_of(content(kind, MANY[kind], tax=19, rate=RATE), START, less))


def adds_up_in_money(price: Any) -> bool:
    return (
        sum(one.price for one in price.lines) == price.amount
        and sum(one.net for one in price.lines) == price.net
        and sum(one.amount for one in price.periods) == price.amount
    )


@pytest.mark.parametrize("kind", list(MANY))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_running_amount_is_the_final_one(kind: str, data: st.DataObject) -> None:
    """Taken up again from its state, and cut at any moment."""
    told, covered = data.draw(parts()), data.draw(windows())
    stretches, the = [Stretch(*one) for one in told], terms(kind, MANY[kind], tax=19, rate=RATE)
    whole = price_of(the, START, stretches, covered=covered)
    run = PriceRun(the, START, covered=covered)
    for stretch in stretches:
        run = PriceRun.resume(the, json.loads(json.dumps(run.state())), covered=covered)
        run.add([stretch])
        run.price()  # changes nothing
    assert run.price() == whole
    cuts = [START + minute * MINUTE for minute in data.draw(st.sets(st.integers(0, 300), max_size=4))]
    cut = price_of(the, START, stretches, cuts, covered=covered)
    assert (cut.lines, cut.amount, cut.covered) == (whole.lines, whole.amount, whole.covered)


def always(limit_wh: int) -> list[Covered]:
    return [Covered(at("00:00"), at("23:59"), 1, at("00:00"), limit_wh)]


def test_levels_begin_with_what_is_charged() -> None:
    """E4, less 5 kWh."""
    levels = [{"firstKwh": 0, "lastKwh": 5, "flatFee": 2}, {"firstKwh": 5, "lastKwh": 10, "feePerKwh": 0.35},
              {"firstKwh": 10, "feePerKwh": 0.4}]  # fmt: skip
    found = priced(
        terms("standard", {"multiPricePerKwh": levels, "minPrice": 3.5}), "10:00", (60, 12.345), covered=always(5000)
    )
    assert lines(found) == [("energy_flat_fee", "1 x 2", "2.00"), ("energy", "2.345 x 0.35", "0.82"),
                            ("min_price", "1 x 0.68", "0.68")]  # fmt: skip
    assert found.covered == (Use(1, at("00:00"), 5000),)


def test_time_and_flat_fees_stay_and_the_minimum_is_due_only_with_something_else() -> None:
    fees = {"pricePerKwh": 0.5, "minPrice": 3}
    nothing = priced(terms("duration+energy", fees), "10:00", (60, 8), covered=always(8000))
    assert (nothing.amount, nothing.lines, nothing.covered_wh) == (0, (), 8000)
    one = priced(terms("duration+energy", fees), "10:00", (60, 8.001), covered=always(8000))
    assert one.amount == 3
    timed = fees | {"pricePerPeriod": 0.01, "pricePeriodInMinutes": 1}
    found = priced(terms("duration+energy", timed), "10:00", (60, 8), covered=always(8000))
    assert lines(found) == [("charging_time", "60 x 0.01", "0.60"), ("min_price", "1 x 2.4", "2.40")]
    least = {"pricePerKwh": 0.5, "connectionFee": 1, "connectionFeeMinimumSessionEnergy": 8}
    connected = priced(terms("duration+energy", least), "10:00", (60, 8), covered=always(8000))
    assert lines(connected) == [("connection", "1 x 1", "1.00")]
    assert adds_up(connected)


def test_what_costs_nothing_anyway_uses_nothing() -> None:
    free = terms("duration+energy time of day", {"dayPricePerKwh": 0.5})
    found = priced(free, "20:00", (120, 4), (120, 4), covered=always(5000))
    assert (found.amount, found.covered_wh) == (0, 4000)  # by night it is free
    assert priced(terms("flat rate", {"pricePerSession": 5}), "10:00", (60, 9), covered=always(5000)).covered == ()


def test_a_state_from_before_covers_goes_on() -> None:
    the = terms("duration+energy", {"pricePerKwh": 0.5})
    state = PriceRun(the, at("10:00")).state()
    del state["covered"]
    run = PriceRun.resume(the, state, covered=always(500))
    run.add([Stretch(at("10:00"), at("11:00"), 2000)])
    assert run.price().amount == Decimal("0.75")
