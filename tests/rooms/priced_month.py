"""A month of charging by tariffs of every type, as it really was, and as stations tell it: at once, in part too late,
or all of it when the network is back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Literal
from zoneinfo import ZoneInfo

PLACE = ZoneInfo("Europe/Berlin")
BEGIN, DAYS = datetime(2026, 10, 1, tzinfo=UTC), 31  # in one night of it clocks go back
USERS, SITES, OUTLETS = 100, 8, 2
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
READ_EVERY = 10  # minutes
BATCH = 4  # readings of a message
CHANGES = (BEGIN + 9 * DAY, BEGIN + 20 * DAY)  # then all prices change
OUTAGE = (BEGIN + 7 * DAY, BEGIN + 12 * DAY)  # of every site but the first of each four
STRANGER = "STRANGER"  # a card of nobody

Audience = Literal["everybody", "staff", "fleet", "nobody known", "these days"]
IDLE = {"idleFeePerMinute": 0.1, "idleFeeGracePeriodMinutes": 15, "idleFeeLimit": 6}
TIME = {"pricePerPeriod": 0.5, "pricePeriodInMinutes": 30}
RATE = {"chargePointElectricityRate": True}
GROUPS: tuple[tuple[tuple[str, Audience, dict[str, Any]], ...], ...] = (
    (
        ("duration+energy", "everybody", {"connectionFee": 1, "pricePerKwh": 0.49, "minPrice": 2, **TIME, **IDLE}),
        ("standard", "staff", {
            "multiPricePerKwh": [{"firstKwh": 0, "lastKwh": 5, "flatFee": 1}, {"firstKwh": 5, "feePerKwh": 0.35}],
            "multiPricePerDuration": [{"firstUnit": 0, "lastUnit": 3, "feePerUnit": 0.1},
                                      {"firstUnit": 4, "feePerUnit": 0.3, "flatFee": 1}],
            "multiIdleFee": [{"firstUnit": 0, "lastUnit": 1, "feePerUnit": 0}, {"firstUnit": 2, "feePerUnit": 0.7}]}),
        ("free", "fleet", {}),
    ),
    (
        ("duration+energy time of day", "everybody", {
            "dayPricePerKwh": 0.49, "nightPricePerKwh": 0.29, "dayPricePerPeriod": 0.03, "nightPricePerPeriod": 0.01,
            "pricePeriodInMinutes": 1, "dayIdleFeePerMinute": 0.1, "nightIdleFeePerMinute": 0}),
        ("flat rate", "staff", {"pricePerSession": 4.5}),
        ("standard_tod", "these days", {
            "timePeriods": [{"startTime": "06:00", "endTime": "20:00"}, {"startTime": "20:00", "endTime": "06:00"}],
            "pricePeriods": {"energyFeePeriods": {"fee": [0.45, 0.35]}, "connectionFeePeriods": {"fee": [1, 0.5]},
                             "idleFeePeriods": {"fee": [0.2, 0]}},
            "daysWhenApplied": [{"name": "weekend", "pricePeriods": {"energyFeePeriods": {"fee": [0.39, 0.29]}}}]}),
    ),
    (
        ("energy tou", "everybody", {"markupPercentagePerKwh": 15, "markupFixedFeePerKwh": 0.04, **RATE, **TIME}),
        ("average power levels", "staff", {"averagePowerLevels": [
            {"averagePowerUpToKw": 4, "pricePerMinute": 0.03}, {"averagePowerUpToKw": 11, "pricePerMinute": 0.08}]}),
        ("peak power levels", "fleet", {"regularUsePeriod": 60, "peakPowerLevels": [
            {"peakPowerUpToKw": 11, "regularPricePerMinute": 0.06, "excessUsePricePerMin": 0.12}], **IDLE}),
        ("flat rate", "nobody known", {"pricePerSession": 15}),
    ),
    (
        ("optimised dynamic pricing", "everybody", {
            "pricePerKwh": 0.49, "thresholdPriceForEnergy": 0.3, "priceForEnergyWhenOptimized": 0.35, **RATE, **IDLE}),
        ("duration+energy", "staff", {"pricePerKwh": 0.3, "durationFeeLimit": 2, "durationFeeGracePeriod": 20, **TIME}),
        ("charging not allowed", "fleet", {}),
    ),
)  # fmt: skip
"""For whom each tariff of a group is, the base first. Each site has one of the groups."""
THESE_DAYS = (date(2026, 10, 16), date(2026, 10, 19))
PERIODS = [
    {"startsAt": "00:00", "endsAt": "05:30", "price": 0.18}, {"startsAt": "17:00", "endsAt": "20:15", "price": 0.41},
]  # fmt: skip
"""What electricity costs on any day; else it is 0.27."""


def audience(user: int | None) -> Audience:
    """Whom a user belongs to; None is a stranger."""
    if user is None:
        return "nobody known"
    return {0: "staff", 1: "fleet"}.get(user % 5, "everybody")  # type: ignore[return-value]


def dearer(pricing: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The prices of a version: some cents more than at first."""
    changed = {name: float(Decimal(str(value)) + Decimal("0.03") * version) if name in _DEARER else value
               for name, value in pricing.items()}  # fmt: skip
    return changed


_DEARER = ("pricePerKwh", "dayPricePerKwh", "pricePerSession", "markupFixedFeePerKwh", "minPrice")


@dataclass(frozen=True, eq=False)
class Stay:
    """One charge: `registers` are minutes since the start and Wh, the first at the start, the last at the end."""

    site: int
    outlet: int
    user: int | None
    start: datetime
    registers: tuple[tuple[int, int], ...]
    how: Literal["at once", "in part too late", "when the network is back"]

    @property
    def end(self) -> datetime:
        return self.start + self.registers[-1][0] * MINUTE

    @property
    def wh(self) -> int:
        return self.registers[-1][1] - self.registers[0][1]


@dataclass(frozen=True)
class Told:
    """What a station says of a stay, and when it arrives: its start, readings of these places, or its stop."""

    at: datetime
    stay: Stay
    what: Literal["start", "readings", "stop"]
    places: range = range(0)


def stays(dice: Random) -> Iterator[Stay]:
    """Of all outlets, one after the other at each."""
    for site in range(SITES):
        for outlet in range(1, OUTLETS + 1):
            free, wh = BEGIN + dice.randrange(60) * MINUTE, dice.randrange(10**6)
            while (start := free + dice.randrange(30, 70 * 60) * MINUTE) < BEGIN + (DAYS - 2) * DAY:
                stay = _stay(dice, site, outlet, start, wh)
                wh, free = stay.registers[-1][1], stay.end
                yield stay


def _stay(dice: Random, site: int, outlet: int, start: datetime, wh: int) -> Stay:
    away = site % 4 > 0 and OUTAGE[0] <= start < OUTAGE[1]
    how = "when the network is back" if away else dice.choice(["at once", "at once", "in part too late"])
    user = None if away and dice.random() < 0.3 else dice.randrange(USERS)
    charges, idles = dice.randrange(1, 20), dice.choice([0, 0, 2, 5, 12])
    registers, most = [(0, wh)], dice.choice([60, 110, 180])
    for step in range(1, charges + idles + 1):
        wh += 0 if step > charges else READ_EVERY * dice.randrange(most // 2, most)
        registers.append((step * READ_EVERY, wh))
    last = registers[-1][0] + dice.randrange(READ_EVERY)
    return Stay(site, outlet, user, start, (*registers[:-1], (last, wh)), how)  # type: ignore[arg-type]


def _back(stay: Stay) -> datetime:
    """When its station can tell."""
    return OUTAGE[1] if stay.how == "when the network is back" else stay.start


def telling(dice: Random, stay: Stay) -> Iterator[Told]:
    """All that is said of it; some of it twice."""
    back, last = _back(stay), len(stay.registers) - 1
    batches = [range(first, min(first + BATCH, last)) for first in range(1, last, BATCH)]
    late = dice.randrange(len(batches)) if batches and stay.how == "in part too late" else None
    said = [Told(max(back, stay.start), stay, "start")]
    for number, places in enumerate(batches):
        read = stay.start + stay.registers[places[-1]][0] * MINUTE
        at = stay.end + dice.randrange(1, 40) * HOUR if number == late else max(back, read)
        said.append(Told(at, stay, "readings", places))
    said.append(Told(max(back, stay.end), stay, "stop"))
    for one in said:
        yield one
        if dice.random() < 0.1:
            yield one
