"""Charging plans held against every other plan there is, in small cases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.engines.charging_plan import Need, Slot, charges_at, plan

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
QUARTER, POWER = timedelta(minutes=15), 8_000.0  # W: 2 kWh in a quarter of an hour
DEAREST = Decimal(1_000)

prices = st.one_of(st.none(), st.integers(-5, 40).map(lambda cents: Decimal(cents) / 100))
lengths = st.integers(1, 2)


@st.composite
def slots(draw: st.DrawFn) -> list[Slot]:
    """Up to five, each one or two quarters long, maybe with time between them."""
    here, found = BEGIN, []
    for _ in range(draw(st.integers(1, 5))):
        here += draw(st.integers(0, 1)) * QUARTER
        end = here + draw(lengths) * QUARTER
        found.append(Slot(here, end, draw(prices), preferred=draw(st.booleans())))
        here = end
    return found


def cost(chosen: list[Slot]) -> Decimal:
    return sum(
        ((DEAREST if one.price is None else one.price) * Decimal(one.energy_wh(POWER)) / 1000 for one in chosen),
        Decimal(0),
    )


def energy(chosen: list[Slot]) -> float:
    return sum(one.energy_wh(POWER) for one in chosen)


def every_plan(there: list[Slot]) -> Iterator[list[Slot]]:
    """Each slot to each of its quarters, or not at all."""
    choices = [range(int((one.end - one.start) / QUARTER) + 1) for one in there]
    for lasting in product(*choices):
        yield [
            Slot(one.start, one.start + n * QUARTER, one.price, one.preferred)
            for one, n in zip(there, lasting, strict=True)
        ]


@settings(max_examples=300, deadline=None)
@given(slots(), st.integers(0, 12))
def test_no_plan_that_gives_as_much_costs_less(there: list[Slot], quarters: int) -> None:
    wanted = quarters * POWER / 4
    plain = [Slot(one.start, one.end, one.price) for one in there]
    chosen = plan(plain, Need(wanted, wanted), POWER)
    assert energy(chosen) == min(wanted, energy(plain)), "met where that can be, and not exceeded"
    assert all(cost(chosen) <= cost(other) for other in every_plan(plain) if energy(other) == energy(chosen))


@settings(max_examples=300, deadline=None)
@given(slots(), st.integers(0, 12), st.integers(0, 12))
def test_what_is_welcome_goes_first(there: list[Slot], least: int, more: int) -> None:
    need = Need(least * POWER / 4, (least + more) * POWER / 4)
    chosen = plan(there, need, POWER)
    welcome = energy([one for one in chosen if one.preferred])
    assert welcome == min(need.most_wh or 0.0, energy([one for one in there if one.preferred]))
    assert energy(chosen) == max(welcome, min(need.least_wh, energy(there)))
    others = [one for one in there if not one.preferred]
    needed = energy(chosen) - welcome
    assert all(
        cost([one for one in chosen if not one.preferred]) <= cost(other)
        for other in every_plan(others)
        if energy(other) == needed
    )


@settings(max_examples=200, deadline=None)
@given(slots(), st.floats(0, 50_000), st.floats(0, 30_000))
def test_it_is_in_order_and_within_its_slots(there: list[Slot], least: float, power: float) -> None:
    chosen = plan(there, Need(least, None), power)
    assert [one.start for one in chosen] == sorted(one.start for one in chosen)
    assert all(any(one.start == slot.start and one.end <= slot.end for slot in there) for one in chosen)
    assert all(one in chosen for one in there if one.preferred), "whatever is welcome has no end"


def test_what_must_be_is_at_full_power_whatever_was_wanted() -> None:
    dear = Slot(BEGIN + QUARTER, BEGIN + 2 * QUARTER, Decimal(9), must=True)
    cheap = Slot(BEGIN, BEGIN + QUARTER, Decimal(1))
    assert plan([cheap, dear], Need(0, 0), POWER) == [dear]
    assert plan([cheap, dear], Need(POWER / 4, None), POWER) == [dear], "and counts for what is needed"


def test_a_plan_is_followed_to_the_second() -> None:
    chosen = plan([Slot(BEGIN, BEGIN + QUARTER)], Need(POWER / 8), POWER)
    moments = (timedelta(0), QUARTER / 2 - timedelta(seconds=1), QUARTER / 2)
    assert [charges_at(chosen, BEGIN + moment) for moment in moments] == [True, True, False]
