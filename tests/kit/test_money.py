"""Money: what a decimal may be, and how amounts are rounded."""

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.kit.errors import Invalid
from ohmstead.kit.money import Bounds, Money, Percent, Precision, Price, bounded, rounded
from ohmstead.kit.validation import decode
from ohmstead.kit.views import Opt, View


class Level(View):
    fee: Price | None = None


class Plan(View):
    total: Money
    share: Opt[Percent] = msgspec.UNSET
    levels: Opt[list[Level]] = msgspec.UNSET
    small: Opt[Annotated[Decimal, bounded("0.5", places=1)]] = msgspec.UNSET


DECODER = msgspec.json.Decoder(Plan)


def errors(raw: str) -> dict[str, Any]:
    with pytest.raises(Invalid) as found:
        decode(raw.encode(), DECODER)
    assert found.value.errors is not None
    return dict(found.value.errors)


@pytest.mark.parametrize("odd", ['"NaN"', '"Infinity"', '"-Infinity"', '"sNaN"', '"x"', "[]", "{}", "true"])
def test_an_amount_is_a_finite_number(odd: str) -> None:
    assert errors(f'{{"total": {odd}}}') == {"total": ["The total must be a number."]}


def test_bounds_and_decimals_are_named_where_they_are() -> None:
    raw = '{"total": 1000000000001, "share": 100.01, "levels": [{}, {"fee": -1}], "small": 0.55}'
    assert errors(raw) == {
        "total": ["The total may not be greater than 1000000000000."],
        "share": ["The share may not be greater than 100."],
        "levels.1.fee": ["The levels 1 fee must be at least 0."],
        "small": ["The small may not have more than 1 decimals."],
    }
    assert errors('{"total": 1e-7}') == {"total": ["The total may not have more than 6 decimals."]}
    assert errors('{"total": 1e400}').keys() == {"total"}


def test_digits_are_kept_as_they_were_written() -> None:
    lenient = decode(b'{"total": 0.1, "share": "12.345678", "levels": [{"fee": 123456789.0123456789}]}', DECODER)
    assert (lenient.share, lenient.levels[0].fee) == (Decimal("12.345678"), Decimal("123456789.0123456789"))
    plan = decode(b'{"total": 0.1, "levels": [{"fee": 0.1234567891}], "small": "0.5"}', DECODER)
    assert (plan.total, plan.levels[0].fee, plan.small) == (Decimal("0.1"), Decimal("0.1234567891"), Decimal("0.5"))


def test_half_is_rounded_away_from_zero() -> None:
    assert [str(rounded(Decimal(one), 2)) for one in ("0.125", "-0.125", "0.124999", "2", "-0.001")] == [
        "0.13", "-0.13", "0.12", "2.00", "-0.00"
    ]  # fmt: skip
    assert Precision(0, 3).amount(Decimal("149.5")) == 150
    assert Precision(2, 3).price(Decimal("0.00049")) == 0


@given(st.decimals(-(10**12), 10**12, places=9), st.integers(0, 8))
def test_rounding_is_that_of_an_independent_reckoning(value: Decimal, places: int) -> None:
    scaled = abs(int(value.scaleb(9)))
    whole, rest = divmod(scaled, 10 ** (9 - places))
    whole += rest * 2 >= 10 ** (9 - places)
    assert abs(rounded(value, places)) == Context(40, ROUND_HALF_UP).divide(Decimal(whole), Decimal(10) ** places)


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_what_passes_the_bounds_is_within_them(value: Decimal) -> None:
    bounds = Bounds(Decimal(0), Decimal(100), 2)
    if not list(bounds.objections(value, "x")):
        assert 0 <= value <= 100
        assert value == rounded(value, 2)


@pytest.mark.parametrize(
    ("kind", "least", "most", "places"),
    [(Money, -(10**12), 10**12, 6), (Price, 0, 10**9, 10), (Percent, 0, 100, 6)],
)
def test_each_kind_ends_where_it_says(kind: Any, least: int, most: int, places: int) -> None:
    bounds: Bounds = kind.__metadata__[0].extra["bounds"]
    step = Decimal(1).scaleb(-places)

    def fits(value: Decimal) -> bool:
        return not list(bounds.objections(value, "it"))

    assert all(map(fits, (Decimal(least), Decimal(least) + step, Decimal(most) - step, Decimal(most))))
    assert not any(map(fits, (Decimal(least) - step, Decimal(most) + step, 1 + step / 10)))
