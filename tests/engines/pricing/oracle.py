"""Pricing a second time, slowly and in fractions, by the rules of docs/pricing-rules.md (R0 to R21) and nothing of the
engine: fees fall due tick by tick, lines put them together, and the bill is their sum. Input is plain: the content of a
snapshot as its JSON has it, and the parts of a session."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any

from tests.engines.pricing.oracle_moments import MINUTE, TIME_OF_DAY, Moments, Part, Tick, exact

ORDER = (
    "flat", "connection", "energy_flat_fee", "energy", "service_fee", "duration_flat_fee", "charging_time",
    "power_levels_time", "idle_flat_fee", "idle_time", "min_price",
)  # fmt: skip
UNITS = {"energy": "kwh", "service_fee": "kwh", "charging_time": "minute", "power_levels_time": "minute",
         "idle_time": "minute"}  # fmt: skip


@dataclass
class Fee:
    """What falls due at one moment."""

    type: str
    unit_price: Fraction
    quantity: Fraction = Fraction(1)
    minutes: int = 1
    raw: Fraction = field(init=False)

    def __post_init__(self) -> None:
        self.raw = self.unit_price * self.quantity


@dataclass
class Line:
    type: str
    unit_price: Fraction
    minutes: int
    quantity: Fraction
    price: Fraction
    net: Fraction = Fraction(0)

    @property
    def unit(self) -> str:
        return UNITS.get(self.type, "session")


@dataclass
class Price:
    lines: list[Line]
    amount: Fraction
    net: Fraction


def price_of(
    content: Mapping[str, Any], started_at: datetime, parts: Sequence[Part], extends_wh: int | None = None
) -> Price:
    """What a session costs under the content of a snapshot."""
    return _Session(content, started_at, parts, extends_wh).price()


def rounded(value: Fraction, digits: int) -> Fraction:
    """Half up by magnitude (rule 2)."""
    cents = floor(abs(value) * 10**digits + Fraction(1, 2))
    return Fraction(cents if value >= 0 else -cents, 10**digits)


def shared(total: Fraction, exact_shares: Sequence[Fraction], digits: int) -> list[Fraction]:
    """Floor each, and the missing cents to the largest fractions, ties to the earlier (rule 1)."""
    scaled = [share * 10**digits for share in exact_shares]
    cents = [floor(share) for share in scaled]
    missing = int(total * 10**digits) - sum(cents)
    by_fraction = sorted(range(len(scaled)), key=lambda number: (cents[number] - scaled[number], number))
    for number in by_fraction[:missing]:
        cents[number] += 1
    return [Fraction(cent, 10**digits) for cent in cents]


class _Session(Moments):
    # --- fees

    def energy(self) -> Iterator[Fee]:
        before = Fraction(self.extends_wh or 0, 1000)
        for tick in self.ticks:
            if not tick.wh:
                continue
            kwh = Fraction(tick.wh, 1000)
            if self.type == "standard":
                yield from self.of_energy_levels(before, before + kwh)
            for type_, price in self.energy_prices(tick):
                yield Fee(type_, price or Fraction(0), kwh)
            before += kwh

    def energy_prices(self, tick: Tick) -> Iterable[tuple[str, Fraction | None]]:
        match self.type:
            case "duration+energy":
                return [("energy", self.number("pricePerKwh"))]
            case "duration+energy time of day":
                return [("energy", self.by_day(self.locked(tick.at, "lockPriceOnSessionStart"), "PricePerKwh"))]
            case "energy tou":
                at = self.locked(tick.at, "lockPriceOnSessionStart")
                return [("energy", self.rate_price(at)), ("service_fee", self.markup(at, self.rate_price(at)))]
            case "standard_tod":
                return [("energy", self.of_period(self.locked(tick.at, "lockEnergyPriceOnSessionStart"), "energy"))]
            case "optimised dynamic pricing":
                dear = self.rate_price(tick.at) > exact(self.pricing["thresholdPriceForEnergy"])
                slowed = dear and not tick.boosted
                return [("energy", self.number("priceForEnergyWhenOptimized" if slowed else "pricePerKwh"))]
        return []

    def of_energy_levels(self, before: Fraction, after: Fraction) -> Iterator[Fee]:
        """R10: what lies between two sums of energy."""
        for level in self.pricing.get("multiPricePerKwh", ()):
            first, last = exact(level["firstKwh"]), level.get("lastKwh")
            inside_kwh = (after if last is None else min(after, exact(last))) - max(before, first)
            if inside_kwh > 0:
                if before <= first:
                    yield Fee("energy_flat_fee", exact(level.get("flatFee") or 0))
                yield Fee("energy", exact(level.get("feePerKwh") or 0), inside_kwh)

    def duration(self) -> Iterator[Fee]:
        """R4 to R7."""
        unit = int(self.setting("pricePeriodInMinutes", self.start) or 15)
        grace = (self.setting("durationFeeGracePeriod", self.start) or 0) * MINUTE
        charged = billed = 0
        for tick in self.ticks:
            if tick.idle or not tick.ms:
                continue
            if charged >= grace and self.in_window(tick.at, "durationFeeFrom", "durationFeeTo"):
                if billed % (unit * MINUTE) == 0:
                    yield from self.duration_unit(tick.at, billed // (unit * MINUTE), unit)
                billed += tick.ms
            charged += tick.ms

    def duration_unit(self, at: datetime, k: int, unit: int) -> Iterator[Fee]:
        match self.type:
            case "duration+energy" | "energy tou" | "optimised dynamic pricing":
                price = self.number("pricePerPeriod")
            case "duration+energy time of day":
                price = self.by_day(self.locked(at, "lockPriceOnSessionStart"), "PricePerPeriod")
            case "standard_tod":
                price = self.of_period(self.locked(at, "lockDurationPriceOnSessionStart"), "duration")
            case "standard":
                levels = self.pricing.get("multiPricePerDuration", ())
                yield from _of_unit_levels(levels, k, unit, "duration_flat_fee", "charging_time")
                return
            case _:
                return
        yield Fee("charging_time", price or Fraction(0), minutes=unit)

    def idle(self) -> Iterator[Fee]:
        unit = int(self.idle_unit())
        stood = billed = 0
        grace = None
        for tick in self.ticks:
            if not tick.ms:
                continue
            if not tick.idle:
                grace = None
                continue
            if grace is None:  # R4: each stretch has its own, as it is where the stretch begins
                stood, grace = 0, (self.setting("idleFeeGracePeriodMinutes", tick.at) or 0) * MINUTE
            if stood >= grace and self.in_window(tick.at, "idleFeePeriodStart", "idleFeePeriodEnd"):
                if billed % (unit * MINUTE) == 0:
                    yield from self.idle_unit_fees(tick.at, billed // (unit * MINUTE), unit)
                billed += tick.ms
            stood += tick.ms

    def idle_unit(self) -> Fraction:
        """R6."""
        own = self.setting("idlePricingPeriodInMinutes", self.start)
        if self.type == "standard":
            return own or self.number("pricePeriodInMinutes") or Fraction(15)
        return own or Fraction(1)

    def idle_unit_fees(self, at: datetime, k: int, unit: int) -> Iterator[Fee]:
        if self.type == "standard":
            yield from _of_unit_levels(self.pricing["multiIdleFee"], k, unit, "idle_flat_fee", "idle_time")
            return
        if self.type == TIME_OF_DAY:
            price = self.by_day(at, "IdleFeePerMinute")
        elif self.type == "standard_tod":
            price = self.of_period(self.locked(at, "lockIdlePriceOnSessionStart"), "idle")
        else:
            price = self.number("idleFeePerMinute")
        yield Fee("idle_time", (price or 0) * Fraction(unit), minutes=unit)  # R7

    def power(self) -> Iterator[Fee]:
        """R14: the average over each minute of charging time, the last as far as it went."""
        minutes = list[list[Tick]]()
        charged = 0
        for tick in self.ticks:
            if tick.idle or not tick.ms:
                continue
            if charged % MINUTE == 0:
                minutes.append([])
            minutes[-1].append(tick)
            charged += tick.ms
        for k, ticks in enumerate(minutes):
            kw = sum((tick.exact_wh for tick in ticks), Fraction(0)) * 3600 / sum(tick.ms for tick in ticks)
            yield Fee("power_levels_time", self.power_price(k, kw))

    def power_price(self, k: int, kw: Fraction) -> Fraction:
        average = self.type == "average power levels"
        bound = "averagePowerUpToKw" if average else "peakPowerUpToKw"
        levels = self.pricing["averagePowerLevels" if average else "peakPowerLevels"]
        level = next((one for one in levels if exact(one[bound]) >= kw), levels[-1])
        if average:
            return exact(level["pricePerMinute"])
        regular = self.number("regularUsePeriod")
        return exact(level["regularPricePerMinute" if regular is None or k < regular else "excessUsePricePerMin"])

    def connection(self) -> Iterator[Fee]:
        """R9."""
        fee = self.of_period(self.start, "connection") if self.type == "standard_tod" else self.number("connectionFee")
        least = self.setting("connectionFeeMinimumSessionDuration", self.start) or 0
        least_kwh = self.setting("connectionFeeMinimumSessionEnergy", self.start) or 0
        if self.ms >= least * MINUTE and Fraction(self.energy_wh, 1000) >= least_kwh:
            yield Fee("connection", fee or Fraction(0))

    # --- the bill

    def price(self) -> Price:
        if self.type in ("free", "charging not allowed"):
            return Price([], Fraction(0), Fraction(0))
        lines = self.flat() if self.type == "flat rate" else self.metered()
        lines.sort(key=lambda line: ORDER.index(line.type))
        self.fill(lines)
        amount = sum((line.price for line in lines), Fraction(0))
        net = rounded(amount / (1 + self.tax / 100), self.digits)
        parts = shared(net, [line.price / (1 + self.tax / 100) for line in lines], self.digits)
        for line, part in zip(lines, parts, strict=True):
            line.net = part
        return Price(lines, amount, net)

    def flat(self) -> list[Line]:
        return [] if self.extends_wh is not None else self.lines([Fee("flat", exact(self.pricing["pricePerSession"]))])

    def metered(self) -> list[Line]:
        lines = self.lines(self.energy())
        if self.extends_wh is None:  # R20
            lines += self.lines(self.connection()) + self.lines(self.duration(), self.number("durationFeeLimit"))
            power = self.type in ("average power levels", "peak power levels")
            lines += self.lines(self.power() if power else ()) + self.lines(self.idle(), self.number("idleFeeLimit"))
        return lines

    def lines(self, fees: Iterable[Fee], limit: Fraction | None = None) -> list[Line]:
        """R8, R12, R16: fees of one price together, cut where they pass a limit."""
        due = [fee for fee in fees if fee.unit_price != 0 and fee.quantity != 0]
        cut = limit is not None and sum(fee.raw for fee in due) > limit
        left = limit
        for fee in due if left is not None else ():
            fee.raw = min(fee.raw, left)
            left -= fee.raw
        together = dict[tuple[str, Fraction, int], list[Fee]]()
        for fee in sorted(due, key=lambda fee: ORDER.index(fee.type)):
            together.setdefault((fee.type, fee.unit_price, fee.minutes), []).append(fee)
        raws = [sum((fee.raw for fee in fees), Fraction(0)) for fees in together.values()]
        prices = shared(rounded(limit, self.digits), raws, self.digits) if limit is not None and cut else None
        prices = prices or [rounded(raw, self.digits) for raw in raws]
        return [
            Line(*key, quantity=sum((fee.quantity for fee in fees), Fraction(0)), price=price)
            for (key, fees), price in zip(together.items(), prices, strict=True)
        ]

    def fill(self, lines: list[Line]) -> None:
        """R13: up to the minimum price, or to nothing where prices of electricity were negative."""
        total = sum((line.price for line in lines), Fraction(0))
        least = self.number("minPrice") if self.extends_wh is None and (self.energy_wh > 0 or total > 0) else None
        missing = max(least or Fraction(0), Fraction(0)) - total
        if missing > 0:
            lines.append(Line("min_price", missing, 1, Fraction(1), missing))


def _of_unit_levels(levels: Iterable[Mapping[str, Any]], k: int, unit: int, flat: str, time: str) -> Iterator[Fee]:
    for level in levels:
        if level["firstUnit"] <= k and (level.get("lastUnit") is None or k <= level["lastUnit"]):
            if k == level["firstUnit"]:
                yield Fee(flat, exact(level.get("flatFee") or 0))
            yield Fee(time, exact(level.get("feePerUnit") or 0), minutes=unit)
