"""What the energy of a session costs, and what a source on the spot saves: exactly."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.electricity_cost import LocalShare, electricity_cost, local_energy
from ohmstead.engines.electricity_prices import Price
from ohmstead.engines.pricing.model import Stretch

T0 = datetime(2026, 11, 24, 9, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def stretch(start: float, end: float, wh: int) -> Stretch:
    return Stretch(at(start), at(end), wh)


def price(start: float, end: float, per_kwh: str) -> Price:
    return Price(at(start), at(end), Decimal(per_kwh))


HOLE = [price(0, 15, "0.21"), price(15, 30, "0.24"), price(30, 45, "0.30"), price(45, 60, "0.27")]


def test_each_part_costs_the_price_of_its_time() -> None:
    """The hole in the electricity prices of the money rules: 11 kWh in an hour, 2.805 by the prices of the quarters."""
    found = electricity_cost([stretch(0, 60, 11_000)], HOLE)
    assert (found.grid, found.saved, found.local_wh) == (Fraction("2.805"), 0, 0)


def test_energy_at_no_length_has_the_price_of_its_moment() -> None:
    assert electricity_cost([stretch(15, 15, 1000)], HOLE).grid == Fraction("0.24")
    assert electricity_cost([stretch(60, 60, 1000)], HOLE).grid == Fraction("0.27"), "at the end the last one"


def test_what_the_sun_gave_is_saved() -> None:
    shares = [LocalShare(at(10), at(20), 0.5), LocalShare(at(40), at(50), 1.0)]
    found = electricity_cost([stretch(0, 60, 6_000)], HOLE, shares)
    assert found.local_wh == 1_500
    assert found.saved == Fraction("0.25") * (Fraction("0.21") + Fraction("0.24")) + Fraction("0.5") * (
        Fraction("0.30") + Fraction("0.27")
    )
    assert found.grid + found.saved == electricity_cost([stretch(0, 60, 6_000)], HOLE).grid
    assert local_energy([stretch(0, 60, 6_000)], shares, at(15), at(45)) == 250 + 500


def test_prices_below_zero_earn() -> None:
    assert electricity_cost([stretch(0, 60, 2_000)], [price(0, 60, "-0.05")]).grid == Fraction("-0.1")


_parts = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9_000)), min_size=1, max_size=8)


@given(_parts, st.lists(st.tuples(st.integers(0, 200), st.floats(0, 1)), max_size=5), st.integers(0, 250))
def test_cutting_changes_nothing(parts: list[tuple[int, int]], sun: list[tuple[int, float]], cut: int) -> None:
    stretches, here = list[Stretch](), 0
    for minutes, wh in parts:
        stretches.append(stretch(here, here + minutes, wh))
        here += minutes
    starts = sorted({start for start, _ in sun})
    shares = [LocalShare(at(start), at(start + 1), dict(sun)[start]) for start in starts]
    prices = [price(number, number + 7, f"{number % 5 - 1}.17") for number in range(0, 400, 7)]
    found = electricity_cost(stretches, prices, shares)
    assert found.grid + found.saved == electricity_cost(stretches, prices).grid
    flowing = [one for one in stretches if one.start < one.end]
    whole = local_energy(flowing, shares, T0, at(here))
    first, second = (local_energy(flowing, shares, *span) for span in ((T0, at(cut)), (at(cut), at(here))))
    assert first + second == (whole if cut <= here else first)
    assert 0 <= found.local_wh <= sum(wh for _, wh in parts)
