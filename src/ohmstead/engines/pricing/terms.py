"""The terms of a session: a tariff with the place and the electricity rate that it is used with, as a snapshot keeps
them, and what they say of each window of time."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, convert

from ohmstead.engines.electricity_prices import ElectricityPrices, electricity_prices
from ohmstead.engines.pricing.fees import DAY_MINUTES, Label, Now, asked, within
from ohmstead.engines.pricing.fields import Conditions, Pricing
from ohmstead.engines.pricing.kinds import TYPES, Tariff
from ohmstead.engines.pricing.model import LineType
from ohmstead.engines.pricing.shares import fine
from ohmstead.engines.wall_clock import minutes, shown
from ohmstead.kit.money import Precision

MINUTE_US = 60_000_000
PER_KWH = ("energy", "service_fee")
_DAY = timedelta(days=1)
_MOST_DAYS = 500  # whose windows are kept


class Charge(Struct, frozen=True, eq=False):
    """A fee at one price, which is one line: the same terms have one object of each. `exact` is the price of what is
    counted (of a Wh where the line is of kWh) as `shares` has it."""

    type: LineType
    unit_price: Decimal
    minutes: int
    exact: int


class Prices(Struct, frozen=True, eq=False):
    """What holds in a window: energy as lines, time as prices of a unit; None or 0 costs nothing."""

    label: Label
    energy: Charge | None
    service: Charge | None
    duration: Decimal | None
    idle: Decimal | None
    bills_duration: bool  # within the hours of that fee
    bills_idle: bool
    idle_grace_us: int  # of an idle stretch that begins here


class Window(Struct, frozen=True, eq=False):
    """[start, end), UTC, in which prices are the same; `boosted` for who asked for all the power there is."""

    start: datetime
    end: datetime
    now: Now
    usual: Prices
    boosted: Prices


class Terms:
    """Made from a snapshot, and never changed: windows are worked out once a day of use."""

    def __init__(
        self,
        type: str,
        pricing: Pricing,
        precision: Precision,
        tax_percentage: Decimal | None = None,
        zone: str = "UTC",
        rate: ElectricityPrices | None = None,
        day_and_night: tuple[str | None, str | None] = (None, None),
    ) -> None:
        self.type, self.pricing, self.precision, self.tax_percentage = type, pricing, precision, tax_percentage
        self.zone, self.rate = ZoneInfo(zone), rate if TYPES[type].draws_on_rate else None
        self.fees = TYPES[type].fees(Tariff(pricing, *(minutes(each) if each else 0 for each in day_and_night)))
        self._duration_hours = _hours(pricing.duration_fee_from, pricing.duration_fee_to)
        self._idle_hours = _hours(pricing.idle_fee_period_start, pricing.idle_fee_period_end)
        borders = {0, DAY_MINUTES, *self.fees.borders, *self._duration_hours, *self._idle_hours}
        self._parts = list(pairwise(sorted(borders)))
        self._days: dict[date, tuple[list[datetime], list[Window]]] = {}
        self._charges: dict[tuple[str, Decimal, int], Charge] = {}

    def window(self, moment: datetime) -> Window:
        """The one that a moment, UTC, lies in."""
        day = moment.date()
        if day not in self._days:
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            windows = list(self._windows(datetime.combine(day, time(), UTC)))
            self._days[day] = [each.start for each in windows], windows
        starts, windows = self._days[day]
        return windows[bisect_right(starts, moment) - 1]

    def charge(self, of: LineType, price: Decimal, lasting: int = 1) -> Charge:
        key = of, price, lasting
        return self._charges.get(key) or self._charges.setdefault(key, self.single_charge(*key))

    def single_charge(self, of: LineType, price: Decimal, lasting: int = 1) -> Charge:
        """One that is not kept: its price is that of a single session."""
        exact = fine(price, self.precision.amounts)
        return Charge(of, price, lasting, exact // 1000 if of in PER_KWH else exact)

    def conditions(self, now: Now) -> Conditions:
        return self.fees.conditions(now) or self.pricing

    def _windows(self, start: datetime) -> Iterator[Window]:
        """Those of a day of UTC."""
        end = start + _DAY
        clock = shown(self.zone, start, end, lambda day: ((of, to, Now(day, of)) for of, to in self._parts))
        for first, last, now in clock:
            for begin, until, rate in self._rates(first, last):
                here = now._replace(rate=rate)
                usual = self._prices(here)
                boosted = self._prices(here._replace(boosted=True)) if rate is not None else usual
                yield Window(begin, until, here, usual, boosted)

    def _rates(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, Decimal | None]]:
        if self.rate is None:
            yield start, end, None
        else:
            yield from ((each.start, each.end, each.per_kwh) for each in self.rate.billed(start, end, self.zone))

    def _prices(self, now: Now) -> Prices:
        energy, service = asked(self.fees.energy, now), asked(self.fees.service, now)
        grace = self.conditions(now).idle_fee_grace_period_minutes or Decimal(0)
        return Prices(
            label=self.fees.label(now),
            energy=self.charge("energy", energy) if energy else None,
            service=self.charge("service_fee", service) if service else None,
            duration=asked(self.fees.duration, now),
            idle=asked(self.fees.idle, now),
            bills_duration=within(now.minute, *self._duration_hours),
            bills_idle=within(now.minute, *self._idle_hours),
            idle_grace_us=int(grace * MINUTE_US),
        )


def _hours(start: str | None, end: str | None) -> tuple[int, int]:
    return minutes(start) if start else 0, minutes(end) if end else DAY_MINUTES


def terms_of(content: Mapping[str, Any]) -> Terms:
    """Those that the content of a snapshot is."""
    tariff, tax, rate, currency = (content[name] for name in ("tariff", "tax", "electricityRate", "currency"))
    return Terms(
        tariff["type"],
        convert(_given(tariff["pricing"]), Pricing),
        Precision(currency["amounts"], currency["prices"]),
        None if tax is None else Decimal(str(tax["percentage"])),
        content["zone"] or "UTC",
        None if rate is None else electricity_prices(rate),
        (tariff.get("dayTariffStart"), tariff.get("nightTariffStart")),
    )


def _given(value: Any) -> Any:
    """Without what is null, at any depth."""
    if isinstance(value, Mapping):
        return {name: _given(inner) for name, inner in value.items() if inner is not None}
    return [_given(inner) for inner in value] if isinstance(value, list) else value
