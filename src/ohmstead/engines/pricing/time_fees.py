"""Fees of time: of charging (by units, or by power) and of idling, each without its grace and within its hours."""

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from ohmstead.engines.pricing.fields import Conditions
from ohmstead.engines.pricing.lines import Limited
from ohmstead.engines.pricing.power import PowerMinutes
from ohmstead.engines.pricing.spans import Span
from ohmstead.engines.pricing.terms import MINUTE_US, Prices, Terms
from ohmstead.engines.pricing.units import Units

US = timedelta(microseconds=1)
_USUAL_UNIT = 15
_NOTHING = Decimal(0)


class Clocks(Struct):
    """How long the session has charged, and since when it idles, of which time how much is free."""

    charging_us: int = 0
    idle_since: datetime | None = None
    idle_free_us: int = 0


class TimeFees:
    """Those of a session that starts under `conditions`."""

    def __init__(self, terms: Terms, conditions: Conditions) -> None:
        fees, pricing = terms.fees, terms.pricing
        self.clocks = Clocks()
        self.prices_idling = fees.idle is not None or bool(fees.idle_levels)
        self.duration = Units(
            terms, ("duration_flat_fee", "charging_time"), conditions.price_period_in_minutes or _USUAL_UNIT,
            fees.duration_levels, pricing.duration_fee_limit,
        )  # fmt: skip
        usual = (conditions.price_period_in_minutes or _USUAL_UNIT) if fees.idle_levels else 1
        self._idle_minutes = conditions.idle_pricing_period_in_minutes or usual
        self.idle = Units(
            terms, ("idle_flat_fee", "idle_time"), self._idle_minutes, fees.idle_levels, pricing.idle_fee_limit
        )
        self.power = PowerMinutes(terms) if fees.power_levels else None
        self._by_units = fees.duration is not None or bool(fees.duration_levels)
        self._grace_us = (conditions.duration_fee_grace_period or 0) * MINUTE_US

    def charge(self, us: int, prices: Prices, span: Span) -> None:
        """Charging for so long, all of it in the same window."""
        clocks = self.clocks
        clocks.idle_since = None
        if self._by_units:
            free = self._grace_us - clocks.charging_us
            if prices.bills_duration and free < us:
                self.duration.add(us - max(free, 0), prices.duration, span)
        clocks.charging_us += us

    def stand_idle(self, start: datetime, us: int, prices: Prices, span: Span) -> None:
        """Idling from `start` for so long, all of it in the same window."""
        clocks = self.clocks
        if clocks.idle_since is None:
            clocks.idle_since, clocks.idle_free_us = start, prices.idle_grace_us
        free = clocks.idle_free_us - (start - clocks.idle_since) // US
        if prices.bills_idle and free < us:
            self.idle.add(us - max(free, 0), (prices.idle or _NOTHING) * self._idle_minutes, span)

    def limited(self) -> list[Limited]:
        """The fees whose limits took something away."""
        return [
            Limited(units.lines, units.limit)
            for units in (self.duration, self.idle)
            if units.counted.cut and units.limit is not None
        ]
