"""Energy: Wh at the price of their window, or of the levels that consumption has come to."""

from decimal import Decimal

from ohmstead.engines.pricing.spans import Quantity, Span
from ohmstead.engines.pricing.terms import Charge, Prices, Terms


class Energy:
    """Counts Wh; `from_wh` is what the sessions before an extending one consumed."""

    def __init__(self, terms: Terms, from_wh: int = 0) -> None:
        self.wh = from_wh
        self._levels = [
            (
                _wh(each.first_kwh),
                None if each.last_kwh is None else _wh(each.last_kwh),
                terms.charge("energy", each.fee_per_kwh) if each.fee_per_kwh else None,
                terms.charge("energy_flat_fee", each.flat_fee) if each.flat_fee else None,
            )
            for each in terms.fees.energy_levels
        ]

    def costs(self, prices: Prices) -> bool:
        """Whether there is a price for it."""
        return bool(self._levels) or prices.energy is not None or prices.service is not None

    def add(self, wh: int, prices: Prices, span: Span) -> None:
        before, self.wh = self.wh, self.wh + wh
        if prices.energy is not None:
            span.count(prices.energy, wh)
        if prices.service is not None:
            span.count(prices.service, wh)
        for first, last, charge, flat_fee in self._levels:
            if (last is None or before < last) and self.wh > first:
                self._in_level(before, first, last, (charge, flat_fee), span)

    def _in_level(
        self, before: int, first: Quantity, last: Quantity | None, fees: tuple[Charge | None, Charge | None], span: Span
    ) -> None:
        charge, flat_fee = fees
        if flat_fee is not None and before <= first:
            span.count(flat_fee, 1)
        if charge is not None:
            span.count(charge, (self.wh if last is None else min(self.wh, last)) - max(before, first))


def _wh(kwh: Decimal) -> Quantity:
    exact = kwh * 1000
    return int(exact) if exact == int(exact) else exact
