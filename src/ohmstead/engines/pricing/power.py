"""Power levels: a minute of charging costs what the level of its average power does. Exact: no power is rounded."""

from decimal import Decimal
from fractions import Fraction
from math import ceil

from msgspec import Struct

from ohmstead.engines.pricing.spans import Span
from ohmstead.engines.pricing.terms import MINUTE_US, Charge, Terms

_KW = 3_600_000  # Wh in a microsecond


class Minute(Struct):
    """The minute that goes on: its number, how far it has come, the Wh in it, and in which span it began."""

    number: int = 0
    passed_us: int = 0
    numerator: int = 0
    denominator: int = 1
    span: int = 0


class PowerMinutes:
    """Counts minutes of charging by their average power."""

    def __init__(self, terms: Terms) -> None:
        self.minute = Minute()
        self._terms, fees = terms, terms.fees
        self._levels = [(*each.up_to_kw.as_integer_ratio(), each.regular, each.excess) for each in fees.power_levels]
        self._regular = fees.regular_minutes

    def add(self, wh: int, of_us: int, us: int, spans: list[Span]) -> None:
        """`us` of charging within a stretch of `of_us` in which `wh` flow. What is complete is noted in its span."""
        minute = self.minute
        while us:
            if not minute.passed_us:
                minute.span = len(spans) - 1
                if us >= MINUTE_US:
                    us -= self._whole_minutes(us // MINUTE_US, wh, of_us, spans[-1])
                    continue
            step = min(us, MINUTE_US - minute.passed_us)
            self._take(Fraction(wh * step, of_us))
            minute.passed_us += step
            us -= step
            if minute.passed_us == MINUTE_US:
                self._note(1, minute.numerator, minute.denominator, MINUTE_US, spans[minute.span])
                minute.numerator, minute.denominator, minute.passed_us = 0, 1, 0

    def last(self) -> tuple[int, Charge] | None:
        """The minute that has begun and is not complete: its span, and what it costs as far as it has come."""
        minute = self.minute
        if not minute.passed_us:
            return None
        charge = self._charge(minute.number, minute.numerator, minute.denominator, minute.passed_us)
        return None if charge is None else (minute.span, charge)

    def _take(self, wh: Fraction) -> None:
        minute = self.minute
        total = Fraction(minute.numerator, minute.denominator) + wh
        minute.numerator, minute.denominator = total.numerator, total.denominator

    def _whole_minutes(self, count: int, wh: int, of_us: int, span: Span) -> int:
        """So many minutes of even power; how long they last."""
        first = self.minute.number
        left = count if self._regular is None else max(0, min(count, ceil(self._regular) - first))
        for part in (left, count - left):  # in the regular time, and after it
            if part:
                self._note(part, wh * MINUTE_US, of_us, MINUTE_US, span)
        return count * MINUTE_US

    def _note(self, count: int, wh: int, divided_by: int, us: int, span: Span) -> None:
        charge = self._charge(self.minute.number, wh, divided_by, us)
        self.minute.number += count
        if charge is not None:
            span.count(charge, count)

    def _charge(self, number: int, wh: int, divided_by: int, us: int) -> Charge | None:
        """That of the minute of a number, in `us` of which `wh / divided_by` flowed."""
        power, over = wh * _KW, divided_by * us
        found = (each for each in self._levels if power * each[1] <= each[0] * over)
        _, _, regular, excess = next(found, self._levels[-1])
        price: Decimal = regular if self._regular is None or number < self._regular else excess
        return self._terms.charge("power_levels_time", price) if price else None
