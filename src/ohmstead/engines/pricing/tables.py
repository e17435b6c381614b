"""What is wrong with levels, hours and days of a tariff: they begin at nothing, have no end, no hole and no overlap."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ohmstead.engines.pricing.day_rules import WEEK_DAYS
from ohmstead.engines.pricing.fees import DAY_MINUTES, midnight_is_the_end
from ohmstead.engines.pricing.fields import DayRule, PricePeriods, Pricing, TimePeriod
from ohmstead.engines.wall_clock import minutes
from ohmstead.kit.views import camel

Problem = tuple[str, str]
_COMPONENTS = ("connection_fee_periods", "energy_fee_periods", "duration_fee_periods", "idle_fee_periods")


def _levels(name: str, first: str, last: str, step: int) -> Callable[[Pricing], Iterator[Problem]]:
    """A check of levels from `first` to `last`, of which each begins `step` after the one before it ends."""

    def check(pricing: Pricing) -> Iterator[Problem]:
        levels: Sequence[Any] = getattr(pricing, name)
        path, expected = camel(name), Decimal(0)
        for number, level in enumerate(levels):
            begin, end = getattr(level, first), getattr(level, last)
            if expected is not None and begin != expected:
                yield f"{path}.{number}.{camel(first)}", _beginning(number, step, expected)
            if (end is None) != (number == len(levels) - 1):
                yield f"{path}.{number}.{camel(last)}", "The last level has no end, and every other has one."
            if end is not None and (end < begin or (end == begin and not step)):  # one of units may hold one unit
                yield f"{path}.{number}.{camel(last)}", "A level must end after it begins."
            expected = None if end is None else end + step

    return check


def _beginning(number: int, step: int, expected: Decimal) -> str:
    if number == 0:
        return "The first level must begin at 0."
    return f"It must be {expected:f}: there may be no gap or overlap between levels."


def _power(name: str, up_to: str) -> Callable[[Pricing], Iterator[Problem]]:
    def check(pricing: Pricing) -> Iterator[Problem]:
        bounds = [getattr(level, up_to) for level in getattr(pricing, name)]
        for number, (one, following) in enumerate(pairwise(bounds), 1):
            if following <= one:
                yield f"{camel(name)}.{number}.{camel(up_to)}", "It must be more than that of the level before."

    return check


def _periods(pricing: Pricing) -> Iterator[Problem]:
    """Time periods follow each other around the clock, in whatever order they are given."""
    order = sorted(range(len(pricing.time_periods)), key=lambda number: _hours(pricing.time_periods[number])[0])
    for number, following in zip(order, order[1:] + order[:1], strict=True):
        start, end = _hours(pricing.time_periods[number])
        due = _hours(pricing.time_periods[following])[0]
        if following == order[0]:
            due += DAY_MINUTES
        end += DAY_MINUTES if end <= start else 0
        if end != due:
            wrong = "overlap" if end > due else "leave a gap"
            yield f"timePeriods.{number}.endTime", f"The periods must cover the day: here they {wrong}."
    yield from _fee_counts(pricing.price_periods, len(pricing.time_periods), "pricePeriods")
    for number, rule in enumerate(pricing.days_when_applied):
        yield from _fee_counts(rule.price_periods, len(pricing.time_periods), f"daysWhenApplied.{number}.pricePeriods")


def _hours(period: TimePeriod) -> tuple[int, int]:
    return minutes(period.start_time), midnight_is_the_end(period.end_time)


def _fee_counts(fees: PricePeriods, periods: int, path: str) -> Iterator[Problem]:
    for name in _COMPONENTS:
        if len(getattr(fees, name).fee) not in (0, periods):
            yield f"{path}.{camel(name)}.fee", f"It must have one fee for each of the {periods} time periods."


def _days(pricing: Pricing) -> Iterator[Problem]:
    names, dates = set[str](), set[str]()
    for number, rule in enumerate(pricing.days_when_applied):
        yield from ((f"daysWhenApplied.{number}.{path}", text) for path, text in _day(rule, names, dates))


def _day(rule: DayRule, names: set[str], dates: set[str]) -> Iterator[Problem]:
    """Of one rule; `names` and `dates` are those of the rules before it."""
    name = rule.name.lower()
    if name not in WEEK_DAYS and not rule.special_dates:
        yield "name", f"It must be one of {', '.join(WEEK_DAYS)}, or come with special dates."
    if name in WEEK_DAYS and name in names:
        yield "name", "There may be one rule of these days."
    names.add(name)
    for number, text in enumerate(rule.special_dates):
        if not _is_date(text):
            yield f"specialDates.{number}", "It must be a date: YYYY-MM-DD, or MM-DD for each year."
        elif text in dates:
            yield f"specialDates.{number}", "There may be one rule of this date."
        dates.add(text)


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"(\d{4}-)?\d{2}-\d{2}", text, re.ASCII):
        return False
    try:
        date.fromisoformat(text if len(text) == 10 else f"2000-{text}")  # a leap year
    except ValueError:
        return False
    return True


def _intervals(pricing: Pricing) -> Iterator[Problem]:
    path = "flexibleMarkUpAsFixedPerKwh"
    markup = pricing.flexible_mark_up_as_fixed_per_kwh
    if pricing.markup_fixed_fee_per_kwh is not None:
        yield path, "It may not be given together with a fixed markup."
    length, taken = None, list[tuple[int, int]]()
    for number, each in enumerate(markup.interval_pricing if markup else ()):
        start, end = minutes(each.starts_at), midnight_is_the_end(each.ends_at)
        length = length or end - start
        if end - start not in (15, 30, 60) or end - start != length:
            yield f"{path}.intervalPricing.{number}.endsAt", "All intervals must have 15, all 30 or all 60 minutes."
        if any(start < other_end and other < end for other, other_end in taken):
            yield f"{path}.intervalPricing.{number}.startsAt", "The intervals may not overlap."
        taken.append((start, end))


CHECKS: dict[str, Callable[[Pricing], Iterator[Problem]]] = {
    "multi_price_per_kwh": _levels("multi_price_per_kwh", "first_kwh", "last_kwh", 0),
    "multi_price_per_duration": _levels("multi_price_per_duration", "first_unit", "last_unit", 1),
    "multi_idle_fee": _levels("multi_idle_fee", "first_unit", "last_unit", 1),
    "average_power_levels": _power("average_power_levels", "average_power_up_to_kw"),
    "peak_power_levels": _power("peak_power_levels", "peak_power_up_to_kw"),
    "time_periods": _periods,
    "days_when_applied": _days,
    "flexible_mark_up_as_fixed_per_kwh": _intervals,
}
"""By the field of which they are checks."""
