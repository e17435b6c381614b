"""Units of time: one is charged when it begins, at the price of that moment, until the fee's limit is reached."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from ohmstead.engines.pricing.fields import UnitLevel
from ohmstead.engines.pricing.model import LineType
from ohmstead.engines.pricing.spans import Span
from ohmstead.engines.pricing.terms import MINUTE_US, Terms


class Counted(Struct):
    """How far a count has come. `spent` is what was charged, `cut` that the limit took something away."""

    billed_us: int = 0
    begun: int = 0
    spent: Decimal = Decimal(0)
    cut: bool = False


class Units:
    """Counts the units of one fee. `lines` are those of what is due once in a level, and of units. `lasting` is how
    long a unit is, minutes; what is given as a price is that of a unit."""

    def __init__(
        self,
        terms: Terms,
        lines: tuple[LineType, LineType],
        lasting: int,
        levels: Sequence[UnitLevel],
        limit: Decimal | None,
    ) -> None:
        self.counted = Counted()
        self.limit = limit
        self._terms, self.lines, self._levels = terms, lines, levels
        self._unit_us, self._minutes = lasting * MINUTE_US, lasting

    def add(self, billed_us: int, price: Decimal | None, span: Span) -> None:
        """Time that is billed, all of it at one price. What begins in it is noted in the span."""
        counted = self.counted
        counted.billed_us += billed_us
        if counted.billed_us <= counted.begun * self._unit_us:
            return
        first, counted.begun = counted.begun, -(-counted.billed_us // self._unit_us)
        if self._levels:
            self._by_levels(first, counted.begun, span)
        elif price:
            self._charge(self.lines[1], price, counted.begun - first, self._minutes, span)

    def _by_levels(self, first: int, last: int, span: Span) -> None:
        """Units [first, last), each at the price of its level."""
        for level, begin, end in self._parts(first, last):
            if begin == level.first_unit and level.flat_fee:
                self._charge(self.lines[0], level.flat_fee, 1, 1, span)
            if level.fee_per_unit:
                self._charge(self.lines[1], level.fee_per_unit, end - begin, self._minutes, span)

    def _parts(self, first: int, last: int) -> Iterator[tuple[UnitLevel, int, int]]:
        for level in self._levels:
            begin = max(first, level.first_unit)
            end = last if level.last_unit is None else min(last, level.last_unit + 1)
            if begin < end:
                yield level, begin, end

    def _charge(self, of: LineType, price: Decimal, quantity: int, lasting: int, span: Span) -> None:
        charge = self._terms.charge(of, price, lasting)
        span.count(charge, quantity)
        if self.limit is not None:
            due, counted = price * quantity, self.counted
            taken = min(due, self.limit - counted.spent)
            counted.spent, counted.cut = counted.spent + taken, counted.cut or taken < due
            span.raw[charge] = span.raw.get(charge, Decimal(0)) + taken
