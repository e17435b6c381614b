"""Electricity prices: what a kWh costs at each moment. A rate has prices of days, read on the clock on the wall (those
of a date go before those of its week day, both before the default price), or slots as a market said them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from ohmstead.engines.wall_clock import DAY_MIN, minutes, shown

NEARLY = timedelta(minutes=1)  # a slot that ends so short of the next one's start is meant to end there
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_Hours = tuple[tuple[int, int, Decimal], ...]  # minutes [from, to) of a day


@dataclass(frozen=True, slots=True)
class Price:
    """[start, end), and what a kWh costs then, with tax."""

    start: datetime
    end: datetime
    per_kwh: Decimal


class ElectricityPrices:
    """The prices of a rate; `default` is the one that the operator named for what is not known."""

    __slots__ = ("_dates", "_layered", "_slots", "_week_days", "default")

    def __init__(
        self,
        default: Decimal,
        week_days: Mapping[str, _Hours],
        dates: Mapping[date, _Hours],
        slots: Sequence[Price] | None = None,
    ) -> None:
        """`slots` in order, no two at the same time; None where the operator wrote the prices of days."""
        self.default, self._week_days, self._dates, self._slots = default, week_days, dates, slots
        self._layered: dict[date | str, _Hours] = {}

    def known(self, start: datetime, end: datetime, zone: ZoneInfo) -> list[Price]:
        """The prices of [start, end) in order; what a market did not say is left out. `zone` is that of the place where
        the energy is drawn."""
        if self._slots is None:
            return [Price(*one) for one in shown(zone, start, end, self._day)]
        first = bisect_right(self._slots, start, key=lambda one: one.end)
        last = bisect_right(self._slots, end, key=lambda one: one.start)
        cut = (replace(one, start=max(one.start, start), end=min(one.end, end)) for one in self._slots[first:last])
        return [one for one in cut if one.start < one.end]

    def billed(self, start: datetime, end: datetime, zone: ZoneInfo) -> list[Price]:
        """All of [start, end), with the default price in the holes; adjoining parts have different prices."""
        found, here = list[Price](), start
        for price in self.known(start, end, zone):
            if price.start > here:
                _append(found, Price(here, price.start, self.default))
            _append(found, price)
            here = price.end
        if here < end:
            _append(found, Price(here, end, self.default))
        return found

    def _day(self, day: date) -> _Hours:
        """The prices of a whole day, by its minutes."""
        of_date, week_day = self._dates.get(day, ()), WEEK[day.weekday()]
        key = day if of_date else week_day
        if key not in self._layered:
            usual = self._week_days.get(week_day) or self._week_days.get("any") or ()
            self._layered[key] = tuple(_layered((of_date, usual), self.default))
        return self._layered[key]


def _layered(layers: Sequence[_Hours], default: Decimal) -> Iterator[tuple[int, int, Decimal]]:
    borders = sorted({0, DAY_MIN, *(border for layer in layers for one in layer for border in one[:2])})
    for of, to in pairwise(borders):
        covering = (price for layer in layers for begin, until, price in layer if begin <= of < until)
        yield of, to, next(covering, default)


def _append(found: list[Price], price: Price) -> None:
    if found and found[-1].per_kwh == price.per_kwh and found[-1].end == price.start:
        found[-1] = replace(found[-1], end=price.end)
    else:
        found.append(price)


def electricity_prices(content: Mapping[str, Any]) -> ElectricityPrices:
    """Those of a rate as a snapshot has it: `defaultPrice`, and `weekDays` and `dates` (lists of startsAt, endsAt and
    price by day) or `slots` (lists of start, end and price)."""
    slots = content.get("slots")
    return ElectricityPrices(
        _decimal(content["defaultPrice"]),
        {day: _hours(periods) for day, periods in (content.get("weekDays") or {}).items()},
        {date.fromisoformat(day): _hours(periods) for day, periods in (content.get("dates") or {}).items()},
        None if slots is None else closed([Price(_moment(of), _moment(to), _decimal(one)) for of, to, one in slots]),
    )


def closed(prices: Iterable[Price]) -> list[Price]:
    """Prices in order of time, each lasting to the next where less than a minute lacks."""
    ordered = sorted(prices, key=lambda one: one.start)
    return [
        replace(one, end=following.start) if timedelta() < following.start - one.end < NEARLY else one
        for one, following in zip(ordered, [*ordered[1:], *ordered[-1:]], strict=True)
    ]


def _hours(periods: Iterable[Mapping[str, Any]]) -> _Hours:
    return tuple((minutes(one["startsAt"]), minutes(one["endsAt"]), _decimal(one["price"])) for one in periods)


def _decimal(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
