"""Random tariffs of each type, with any of its fields, as they pass validation."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.engines.pricing.sessions import Session
from tests.engines.pricing.snapshots import AT_A_RATE, content

Fields = Mapping[str, Any]
UNITS = st.sampled_from([1, 15, 30, 60, 240, 360])
MINUTES = st.sampled_from([0, 1, 2, 5, 10, 45])
GRACES = st.sampled_from([0, 1, 2.5, 5, 10, 90])
CLOCKS = st.integers(0, 95).map(lambda quarter: _clock(quarter * 15)) | st.integers(0, 1439).map(lambda of: _clock(of))
WEEK_NAMES = st.sampled_from(["monday", "friday", "saturday", "sunday", "weekdays", "weekend"])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def numbers(most: int, digits: int, least: int = 0) -> st.SearchStrategy[float]:
    return st.integers(least * 10**digits, most * 10**digits).map(lambda value: value / 10**digits)


PRICES = st.one_of(numbers(1, 2), numbers(1, 4), st.just(0))
MARKET_PRICES = st.one_of(numbers(1, 2, -1), numbers(1, 4), st.just(0))


@st.composite
def fields(draw: st.DrawFn, /, **optional: st.SearchStrategy[Any]) -> Fields:
    """Some of them; what is not there is null or left out. Lists are never null."""
    drawn = {name: draw(strategy) if draw(st.integers(0, 3)) else None for name, strategy in optional.items()}
    nulls = draw(st.booleans())
    return {name: one for name, one in drawn.items() if one is not None or (nulls and not name.startswith("multi"))}


@st.composite
def windows(draw: st.DrawFn, start: str, end: str) -> Fields:
    return {start: draw(CLOCKS), end: draw(CLOCKS)} if draw(st.booleans()) else {}


@st.composite
def time_levels(draw: st.DrawFn, digits: int) -> list[Fields]:
    last = -1
    levels = list[Fields]()
    for count in [*draw(st.lists(st.integers(1, 4), max_size=2)), None]:
        first, last = last + 1, None if count is None else last + count
        levels.append(
            {"firstUnit": first, "lastUnit": last, **draw(fields(feePerUnit=PRICES, flatFee=numbers(3, digits)))}
        )
    return levels


@st.composite
def energy_levels(draw: st.DrawFn, digits: int) -> list[Fields]:
    borders = [0.0, *sorted(draw(st.sets(numbers(30, 2).filter(lambda kwh: kwh > 0), max_size=3)))]
    ends = [*borders[1:], None]
    return [
        {"firstKwh": of, "lastKwh": to, **draw(fields(feePerKwh=PRICES, flatFee=numbers(3, digits)))}
        for of, to in zip(borders, ends, strict=True)
    ]


def duration_fee(digits: int) -> Fields:
    return {"durationFeeLimit": numbers(4, digits), "durationFeeGracePeriod": MINUTES, "pricePeriodInMinutes": UNITS}


def idle_fee(digits: int) -> Fields:
    return {
        "idleFeeLimit": numbers(4, digits),
        "idleFeeGracePeriodMinutes": GRACES,
        "idlePricingPeriodInMinutes": UNITS,
    }


def connection_minima() -> Fields:
    return {"connectionFeeMinimumSessionDuration": MINUTES, "connectionFeeMinimumSessionEnergy": numbers(10, 2)}


@st.composite
def flat_rate(draw: st.DrawFn, digits: int, session: Session) -> Fields:
    return {"pricePerSession": draw(numbers(9, digits))}


@st.composite
def duration_and_energy(draw: st.DrawFn, digits: int, session: Session) -> Fields:
    return draw(fields(pricePerKwh=PRICES, pricePerPeriod=PRICES, idleFeePerMinute=PRICES))


@st.composite
def time_of_day(draw: st.DrawFn, digits: int, session: Session) -> Fields:
    kinds = ("PricePerKwh", "PricePerPeriod", "IdleFeePerMinute")
    prices = draw(fields(**{f"{part}{kind}": PRICES for kind in kinds for part in ("day", "night")}))
    return {**prices, "lockPriceOnSessionStart": draw(st.booleans())}


@st.composite
def energy_tou(draw: st.DrawFn, digits: int, session: Session) -> Fields:
    markup = draw(st.sampled_from([{}, {"markupFixedFeePerKwh": PRICES}, {"flexibleMarkUpAsFixedPerKwh": flexible()}]))
    optional = {"markupPercentagePerKwh": numbers(30, 1), "pricePerPeriod": PRICES, "idleFeePerMinute": PRICES}
    drawn = draw(fields(**optional, **markup))
    return {**drawn, "lockPriceOnSessionStart": draw(st.booleans()), "chargePointElectricityRate": True}


@st.composite
def flexible(draw: st.DrawFn) -> Fields:
    length = draw(st.sampled_from([15, 30, 60]))
    starts = sorted(draw(st.sets(st.integers(0, 1440 // length - 1), max_size=12)))
    intervals = [
        {"startsAt": _clock(one * length), "endsAt": _clock((one + 1) * length), "price": draw(PRICES)}
        for one in starts
    ]
    return {"defaultPrice": draw(PRICES), "intervalPricing": intervals}


@st.composite
def standard(draw: st.DrawFn, digits: int, session: Session) -> Fields:
    return draw(
        fields(
            multiPricePerKwh=energy_levels(digits),
            multiPricePerDuration=time_levels(digits),
            multiIdleFee=time_levels(digits),
        )
    )


@st.composite
def standard_tod(draw: st.DrawFn, digits: int, session: Session) -> Fields:
    borders = sorted(draw(st.sets(st.integers(1, 95).map(lambda quarter: quarter * 15), max_size=3)))
    if len(borders) > 1 and draw(st.booleans()):  # the last goes on past midnight
        ends = [*borders[1:], borders[0]]
        periods = [{"startTime": _clock(of), "endTime": _clock(to)} for of, to in zip(borders, ends, strict=True)]
    else:
        midnight = draw(st.sampled_from(["24:00", "00:00", "23:59"]))
        clocks = [*map(_clock, [0, *borders]), midnight]
        periods = [{"startTime": of, "endTime": to} for of, to in pairwise(clocks)]
    locks = {f"lock{kind}PriceOnSessionStart": draw(st.booleans()) for kind in ("Energy", "Duration", "Idle")}
    days = draw(day_rules(len(periods), digits, session))
    return {"timePeriods": periods, "pricePeriods": draw(price_periods(len(periods))), "daysWhenApplied": days, **locks}


@st.composite
def price_periods(draw: st.DrawFn, count: int) -> Fields:
    fees = st.one_of(*3 * [st.lists(PRICES, min_size=count, max_size=count)], st.just([]))
    names = [f"{part}FeePeriods" for part in ("connection", "energy", "duration", "idle")]
    chosen = draw(fields(**dict.fromkeys(names, fees.map(lambda fee: {"fee": fee}))))
    return {name: fee for name, fee in chosen.items() if fee is not None}


@st.composite
def day_rules(draw: st.DrawFn, count: int, digits: int, session: Session) -> list[Fields]:
    days = [session.night + timedelta(days=number) for number in (-1, 0, 1)]
    dates = draw(st.lists(st.sampled_from([f"{day:{form}}" for day in days for form in ("%Y-%m-%d", "%m-%d")]),
                          unique=True, max_size=3))  # fmt: skip
    names = draw(st.lists(WEEK_NAMES, unique=True, max_size=2))
    named = [(name, []) for name in names] + [(f"Feast {date}", [date]) for date in dates]
    own = idle_fee(digits) | duration_fee(digits) | connection_minima()
    own = {name: value for name, value in own.items() if not name.endswith("Limit")}
    return [
        {"name": name, "specialDates": on, "pricePeriods": draw(price_periods(count)), **draw(fields(**own))}
        for name, on in draw(st.permutations(named))
    ]


@st.composite
def power_levels(draw: st.DrawFn, bound: str, prices: tuple[str, ...]) -> list[Fields]:
    bounds = sorted(draw(st.sets(numbers(90, 1).filter(lambda kw: kw > 0), min_size=1, max_size=4)))
    return [{bound: kw, **{name: draw(PRICES) for name in prices}} for kw in bounds]


@st.composite
def average_power(draw: st.DrawFn, digits: int, session: Session) -> Fields:
    levels = draw(power_levels("averagePowerUpToKw", ("pricePerMinute",)))
    return {"averagePowerLevels": levels, **draw(fields(idleFeePerMinute=PRICES))}


@st.composite
def peak_power(draw: st.DrawFn, digits: int, session: Session) -> Fields:
    levels = draw(power_levels("peakPowerUpToKw", ("regularPricePerMinute", "excessUsePricePerMin")))
    return {"peakPowerLevels": levels, **draw(fields(idleFeePerMinute=PRICES, regularUsePeriod=st.integers(0, 100)))}


@st.composite
def optimised(draw: st.DrawFn, digits: int, session: Session) -> Fields:
    own = {name: draw(PRICES) for name in ("pricePerKwh", "thresholdPriceForEnergy", "priceForEnergyWhenOptimized")}
    return {**own, "chargePointElectricityRate": True, **draw(fields(pricePerPeriod=PRICES, idleFeePerMinute=PRICES))}


OWN: Mapping[str, Callable[[int, Session], st.SearchStrategy[Fields]]] = {
    "flat rate": flat_rate,
    "duration+energy": duration_and_energy,
    "duration+energy time of day": time_of_day,
    "energy tou": energy_tou,
    "standard": standard,
    "standard_tod": standard_tod,
    "average power levels": average_power,
    "peak power levels": peak_power,
    "optimised dynamic pricing": optimised,
}


@st.composite
def common(draw: st.DrawFn, type_: str, digits: int) -> Fields:
    """Fields that several types have."""
    if type_ == "flat rate":
        return draw(fields(minPrice=numbers(9, digits)))
    drawn = draw(fields(minPrice=numbers(9, digits), **connection_minima(), **idle_fee(digits)))
    drawn = {**drawn, **draw(windows("idleFeePeriodStart", "idleFeePeriodEnd"))}
    if type_ != "standard_tod":
        drawn |= draw(fields(connectionFee=numbers(3, digits)))
    if not type_.endswith("power levels"):
        drawn |= {**draw(fields(**duration_fee(digits))), **draw(windows("durationFeeFrom", "durationFeeTo"))}
    return drawn


@st.composite
def rates(draw: st.DrawFn, session: Session, *, prices: st.SearchStrategy[float] = MARKET_PRICES) -> Fields:
    """Of the operator, or of a market, with holes."""
    rate = {"id": 1, "defaultPrice": draw(prices), "taxPercentage": None}
    if draw(st.booleans()):
        return {**rate, "slots": draw(slots(session, prices))}
    names = draw(st.sets(st.sampled_from(["mon", "fri", "sat", "sun"])) | st.just({"any"}))
    dates = draw(st.sets(st.sampled_from([f"{session.night + timedelta(days=one):%Y-%m-%d}" for one in (-1, 0, 1)])))
    periods = {key: draw(price_day(prices)) for key in sorted(names | dates)}
    return {**rate, "weekDays": {key: periods[key] for key in names}, "dates": {key: periods[key] for key in dates}}


@st.composite
def price_day(draw: st.DrawFn, prices: st.SearchStrategy[float]) -> list[Fields]:
    borders = sorted(draw(st.sets(st.integers(0, 48), min_size=2, max_size=6)))
    periods = [
        {"startsAt": _clock(of * 30), "endsAt": _clock(to * 30), "price": draw(prices)} for of, to in pairwise(borders)
    ]
    return [one for one in periods if draw(st.booleans())]


@st.composite
def slots(draw: st.DrawFn, session: Session, prices: st.SearchStrategy[float]) -> list[tuple[str, str, float]]:
    length = timedelta(minutes=draw(st.sampled_from([15, 60])))
    early = timedelta(seconds=1 if session.grain == timedelta(seconds=1) and draw(st.booleans()) else 0)
    first = session.start.replace(minute=0, second=0) - length * draw(st.integers(-2, 3))
    known = [number for number in range(draw(st.integers(0, 14))) if draw(st.integers(0, 5))]
    return [(_utc(first + length * one), _utc(first + length * (one + 1) - early), draw(prices)) for one in known]


def _utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@st.composite
def snapshots(draw: st.DrawFn, type_: str, session: Session, *, rate_prices: Any = MARKET_PRICES) -> dict[str, Any]:
    digits = draw(st.sampled_from([2, 2, 2, 0, 3]))
    pricing = {**draw(common(type_, digits)), **draw(OWN[type_](digits, session))}
    day, night = draw(st.lists(CLOCKS, unique=True, min_size=2, max_size=2)) if "of day" in type_ else (None, None)
    rate = draw(rates(session, prices=rate_prices)) if type_ in AT_A_RATE else None
    tax = draw(st.none() | st.sampled_from([0, 7, 19, 20, 8.1]))
    return content(type_, pricing, zone=session.zone, tax=tax, rate=rate, amounts=digits, day=day, night=night)
