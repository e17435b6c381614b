"""What holds at a moment of a session, by a tariff's snapshot: a session is walked tick by tick, and at each the clock
on the wall is asked. A tick is so short that nothing can change inside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from math import gcd
from typing import Any
from zoneinfo import ZoneInfo

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ONE_IDLE_FEE = ("duration+energy", "energy tou", "average power levels", "peak power levels",
                "optimised dynamic pricing")  # fmt: skip
TIME_OF_DAY = "duration+energy time of day"

MS, MINUTE, EPOCH = timedelta(milliseconds=1), 60_000, datetime(2026, 1, 1, tzinfo=UTC)
Part = tuple[datetime, datetime, int, bool, bool]
"""Start, end (UTC, whole milliseconds), Wh, idle, boosted."""


@dataclass
class Tick:
    at: datetime
    ms: int
    wh: int  # whole, as at a border
    idle: bool
    boosted: bool
    power: tuple[int, int]  # Wh in milliseconds: all of the stretch

    @property
    def exact_wh(self) -> Fraction:
        return Fraction(self.power[0] * self.ms, self.power[1])


def exact(number: Any) -> Fraction:
    return _exact(str(number))


@lru_cache
def _exact(number: str) -> Fraction:
    return Fraction(number)


def given(value: Any) -> bool:
    """0 is given; null, false, [] and {} are not."""
    return not (value is None or value is False or value in ([], {}))


def minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:5])


@lru_cache(maxsize=100_000)
def on_the_wall(zone: str, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(zone))


def inside(now: int, start: str, end: str) -> bool:
    """Half open, past midnight where it wraps; equal ends are the whole day (R4)."""
    begin, until = minute(start), minute(end)
    return begin <= now < until if begin < until else now >= begin or now < until


class Moments:
    def __init__(
        self, content: Mapping[str, Any], started_at: datetime, parts: Sequence[Part], extends_wh: int | None
    ) -> None:
        tariff = content["tariff"]
        self.tariff, self.type = tariff, tariff["type"]
        self.pricing = {name: value for name, value in tariff["pricing"].items() if given(value)}
        self.digits = content["currency"]["amounts"]
        self.tax = exact(content["tax"]["percentage"]) if content.get("tax") else Fraction(0)
        self.rate, self.zone = content.get("electricityRate"), content["zone"]
        self.start, self.extends_wh = started_at, extends_wh
        self.energy_wh = sum(part[2] for part in parts)
        self.ms = sum((part[1] - part[0]) // MS for part in parts)
        self.ticks = list(self.walked(parts))

    # --- the walk

    def walked(self, parts: Sequence[Part]) -> Iterator[Tick]:
        tick, priced = self.tick_ms(parts), self.prices_idling()
        for start, end, wh, idle, boosted in parts:
            idle, length = idle and priced, (end - start) // MS  # R0
            if length == 0:
                yield Tick(start, 0, wh, idle, boosted, (wh, 0))
            for passed in range(0, length, tick):
                whole = (
                    wh * (passed + tick) // length - wh * passed // length
                )  # R2: floors add up, the last has the rest
                at = start + passed * MS
                yield Tick(at, tick, whole, idle, boosted, (wh, length))

    def tick_ms(self, parts: Sequence[Part]) -> int:
        """So short that nothing changes inside: clocks and units change at whole minutes, the rest is asked."""
        borders = [moment for part in parts for moment in part[:2]] + [
            moment for slot in self.slots for moment in slot[:2]
        ]
        graces = [self.pricing, *self.pricing.get("daysWhenApplied", ())]
        lengths = [exact(one.get("idleFeeGracePeriodMinutes") or 0) * MINUTE for one in graces]
        assert all(one.denominator == 1 for one in lengths)
        assert all(one.microsecond % 1000 == 0 for one in borders)
        return gcd(MINUTE, *((one - EPOCH) // MS for one in borders), *map(int, lengths))

    def prices_idling(self) -> bool:
        """R0, per type."""
        if self.type == "standard_tod":
            layers = [self.pricing, *self.pricing.get("daysWhenApplied", ())]
            return any(_fees(layer, "idle") for layer in layers)
        names = {TIME_OF_DAY: ("dayIdleFeePerMinute", "nightIdleFeePerMinute"), "standard": ("multiIdleFee",)}
        own = names.get(self.type, ("idleFeePerMinute",) if self.type in ONE_IDLE_FEE else ())
        return any(name in self.pricing for name in own)

    def clock(self, at: datetime) -> datetime:
        return on_the_wall(self.zone, at)

    def in_window(self, at: datetime, start: str, end: str) -> bool:
        if start not in self.pricing or end not in self.pricing:
            return True
        now = self.clock(at)
        return inside(now.hour * 60 + now.minute, self.pricing[start], self.pricing[end])

    # --- what holds at a moment

    def number(self, name: str) -> Fraction | None:
        return exact(self.pricing[name]) if name in self.pricing else None

    def by_day(self, at: datetime, kind: str) -> Fraction | None:
        """`kind` is the end of a field that there is for day and for night."""
        now = self.clock(at)
        day = inside(now.hour * 60 + now.minute, self.tariff["dayTariffStart"], self.tariff["nightTariffStart"])
        return self.number(f"{'day' if day else 'night'}{kind}")

    def day_rule(self, at: datetime) -> Mapping[str, Any]:
        """D16: the date in this year, the date of each year, the day of the week, the kind of day, nothing."""
        today = self.clock(at).date()
        kind = "weekend" if today.weekday() >= 5 else "weekdays"
        rules = self.pricing.get("daysWhenApplied", [])
        for date in (f"{today:%Y-%m-%d}", f"{today:%m-%d}"):
            for rule in rules:
                if date in (rule.get("specialDates") or ()):
                    return rule
        for name in (WEEK[today.weekday()], kind):
            for rule in rules:
                if rule.get("name") == name:
                    return rule
        return {}

    def of_period(self, at: datetime, component: str) -> Fraction | None:
        """The fee of standard_tod in the period of the day, as its day rule has it or else the general one."""
        now = self.clock(at)
        for index, period in enumerate(self.pricing["timePeriods"]):
            end = "24:00" if period["endTime"] in ("00:00", "23:59") else period["endTime"]
            if inside(now.hour * 60 + now.minute, period["startTime"], end):
                fees = _fees(self.day_rule(at), component) or _fees(self.pricing, component)
                return exact(fees[index]) if fees else None
        raise AssertionError("the periods do not cover the day")

    def setting(self, name: str, at: datetime) -> Fraction | None:
        """A field that a day rule of standard_tod may have for itself."""
        own = self.day_rule(at).get(name) if self.type == "standard_tod" else None
        return exact(own) if own is not None else self.number(name)

    @cached_property
    def slots(self) -> list[tuple[datetime, datetime, Fraction]]:
        """R15: one that ends less than a minute early ends where the next begins."""
        raw = (self.rate or {}).get("slots") or []
        slots = sorted((_moment(start), _moment(end), exact(price)) for start, end, price in raw)
        ends = [after[0] if after[0] - one[1] < timedelta(minutes=1) else one[1] for one, after in pairwise(slots)]
        return [
            (one[0], end, one[2]) for one, end in zip(slots, [*ends, *(slot[1] for slot in slots[-1:])], strict=True)
        ]

    def rate_price(self, at: datetime) -> Fraction:
        for start, end, price in self.slots:
            if start <= at < end:
                return price
        now, days = self.clock(at), self.rate.get("weekDays") or {}
        dates = self.rate.get("dates") or {}
        for layer in (dates.get(f"{now:%Y-%m-%d}"), days.get(WEEK[now.weekday()][:3]), days.get("any")):
            for period in layer or ():
                if minute(period["startsAt"]) <= now.hour * 60 + now.minute < minute(period["endsAt"]):
                    return exact(period["price"])
        return exact(self.rate["defaultPrice"])

    def markup(self, at: datetime, rate: Fraction) -> Fraction:
        return max(Fraction(0), rate) * (self.number("markupPercentagePerKwh") or 0) / 100 + self.fixed_markup(at)

    def fixed_markup(self, at: datetime) -> Fraction:
        flexible = self.pricing.get("flexibleMarkUpAsFixedPerKwh")
        if flexible is None:
            return self.number("markupFixedFeePerKwh") or Fraction(0)
        now = self.clock(at)
        for one in flexible.get("intervalPricing") or ():
            if minute(one["startsAt"]) <= now.hour * 60 + now.minute < minute(one["endsAt"]):
                return exact(one["price"])
        return exact(flexible.get("defaultPrice") or 0)

    def locked(self, at: datetime, lock: str) -> datetime:
        return self.start if self.pricing.get(lock) else at


def _fees(layer: Mapping[str, Any], component: str) -> Sequence[Any]:
    return ((layer.get("pricePeriods") or {}).get(f"{component}FeePeriods") or {}).get("fee") or ()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
