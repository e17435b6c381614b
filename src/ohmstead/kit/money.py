"""Money and other exact numbers: decimals that are finite and bounded, the precisions of a currency, and the rounding.

Amounts are `Decimal` in major units (12.34 EUR). Nothing else in the house rounds money.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, NamedTuple, get_args

from msgspec import Meta, Struct

MOST_DIGITS = 28  # in all: what the arithmetic of `Decimal` keeps


class Bounds(Struct, frozen=True):
    """What a decimal of a body may be: at least, at most, and with how many digits after the point."""

    least: Decimal | None = None
    most: Decimal | None = None
    places: int = 10

    def objections(self, value: Decimal, name: str) -> Iterator[str]:
        """What is wrong with a value, in the words of a 422."""
        if not value.is_finite():
            yield f"The {name} must be a number."
        elif self.least is not None and value < self.least:
            yield f"The {name} must be at least {self.least:f}."
        elif self.most is not None and value > self.most:
            yield f"The {name} may not be greater than {self.most:f}."
        else:
            _, digits, exponent = value.normalize().as_tuple()
            if -int(exponent) > self.places:
                yield f"The {name} may not have more than {self.places} decimals."
            elif max(len(digits), len(digits) + int(exponent)) > MOST_DIGITS:
                yield f"The {name} may not have more than {MOST_DIGITS} digits."


ANY = Bounds()
"""Of a decimal that declares none."""


def bounded(least: int | str | None = None, most: int | str | None = None, places: int = 10) -> Meta:
    """The metadata of a decimal that is bounded: `Annotated[Decimal, bounded(least=0)]`."""
    bounds = Bounds(None if least is None else Decimal(least), None if most is None else Decimal(most), places)
    said = {"minimum": bounds.least, "maximum": bounds.most}
    return Meta(
        extra={"bounds": bounds},
        extra_json_schema={name: float(value) for name, value in said.items() if value is not None},
    )


Money = Annotated[Decimal, bounded(-(10**12), 10**12, places=6)]
"""An amount, which may be below 0, in major units."""
Price = Annotated[Decimal, bounded(0, 10**9, places=10)]
"""What a unit costs, in major units."""
Percent = Annotated[Decimal, bounded(0, 100, places=6)]
"""%, 0 to 100."""


class Precision(NamedTuple):
    """The digits after the point of a currency: those of totals and payments, and those of prices of a unit."""

    amounts: int
    prices: int

    def amount(self, value: Decimal) -> Decimal:
        """A total or a payment, rounded."""
        return rounded(value, self.amounts)

    def price(self, value: Decimal) -> Decimal:
        """The price of a unit, rounded."""
        return rounded(value, self.prices)


def rounded(value: Decimal, places: int) -> Decimal:
    """Half up by magnitude, so that a credit is the mirror of its charge: -0.125 to two places is -0.13."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def bounds_of(annotation: Any) -> Bounds:
    """The bounds that an annotation declares, however deep in it."""
    for one in getattr(annotation, "__metadata__", ()):
        if isinstance(one, Meta) and one.extra and "bounds" in one.extra:
            return one.extra["bounds"]
    inner = (bounds_of(part) for part in get_args(annotation) if not isinstance(part, Meta))
    return next((bounds for bounds in inner if bounds is not ANY), ANY)
