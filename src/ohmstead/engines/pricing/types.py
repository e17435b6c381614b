"""The eleven types of tariffs: each names its fields and makes fees of them. What fees share (grace, hours, limits,
minima, units of time) is read from the same fields by whoever counts them."""

from decimal import Decimal

from ohmstead.engines.pricing.day_rules import DayRules
from ohmstead.engines.pricing.fees import Fees, Label, Now, PowerLevel, Price, midnight_is_the_end, within
from ohmstead.engines.pricing.fields import FlexibleMarkup
from ohmstead.engines.pricing.kinds import CONNECTION, DURATION, IDLE, MINIMA, RATE, Tariff, kind
from ohmstead.engines.wall_clock import minutes


@kind("free")
@kind("charging not allowed")
def nothing(tariff: Tariff) -> Fees:
    return Fees()


@kind("flat rate", MINIMA, needs="price_per_session")
def flat_rate(tariff: Tariff) -> Fees:
    return Fees(flat=tariff.pricing.price_per_session)


@kind(
    "duration+energy", CONNECTION, MINIMA, "price_per_kwh", "price_per_period", DURATION, "idle_fee_per_minute", IDLE
)  # fmt: skip
def duration_and_energy(tariff: Tariff) -> Fees:
    p = tariff.pricing
    return Fees(
        connection=p.connection_fee, energy=p.price_per_kwh, duration=p.price_per_period, idle=p.idle_fee_per_minute
    )


@kind(
    "duration+energy time of day", CONNECTION, MINIMA, "day_price_per_kwh night_price_per_kwh",
    "day_price_per_period night_price_per_period", DURATION, "day_idle_fee_per_minute night_idle_fee_per_minute", IDLE,
    "lock_price_on_session_start", day_and_night=True,
)  # fmt: skip
def by_day_and_night(tariff: Tariff) -> Fees:
    p = tariff.pricing

    def of(day: Decimal | None, night: Decimal | None) -> Price:
        return (lambda now: day if tariff.shows_day(now.minute) else night) if (day, night) != (None, None) else None

    return Fees(
        connection=p.connection_fee,
        energy=of(p.day_price_per_kwh, p.night_price_per_kwh),
        duration=of(p.day_price_per_period, p.night_price_per_period),
        idle=of(p.day_idle_fee_per_minute, p.night_idle_fee_per_minute),
        locked=frozenset(("energy", "duration") if p.lock_price_on_session_start else ()),
        borders=(tariff.day, tariff.night),
        label=lambda now: {"dayPeriod": "day" if tariff.shows_day(now.minute) else "night"},
    )


@kind(
    "energy tou", CONNECTION, MINIMA, RATE, "markup_percentage_per_kwh markup_fixed_fee_per_kwh",
    "flexible_mark_up_as_fixed_per_kwh subsidy_integration_id lock_price_on_session_start", "price_per_period",
    DURATION, "idle_fee_per_minute", IDLE, draws_on_rate=True,
)  # fmt: skip
def by_electricity_rate(tariff: Tariff) -> Fees:
    p = tariff.pricing
    share = (p.markup_percentage_per_kwh or Decimal(0)) / 100
    flexible = p.flexible_mark_up_as_fixed_per_kwh

    def markup(now: Now) -> Decimal:
        fixed = p.markup_fixed_fee_per_kwh or Decimal(0) if flexible is None else interval_price(flexible, now.minute)
        return max(now.rate or Decimal(0), Decimal(0)) * share + fixed

    def label(now: Now) -> Label:
        return {"price": now.rate or Decimal(0), "markup": markup(now)}

    return Fees(
        connection=p.connection_fee,
        energy=lambda now: now.rate,
        service=markup,
        duration=p.price_per_period,
        idle=p.idle_fee_per_minute,
        locked=frozenset(("energy", "service", "label") if p.lock_price_on_session_start else ()),
        borders=interval_borders(flexible),
        label=label,
    )


@kind("standard", CONNECTION, MINIMA, "multi_price_per_kwh multi_price_per_duration multi_idle_fee", DURATION, IDLE)
def by_levels(tariff: Tariff) -> Fees:
    p = tariff.pricing
    energy, duration = p.multi_price_per_kwh, p.multi_price_per_duration
    prices: Label = {"initialEnergyPrice": energy[0].fee_per_kwh or Decimal(0)} if energy else {}
    prices |= {"initialDurationPrice": duration[0].fee_per_unit or Decimal(0)} if duration else {}
    method = {(False, False): "free", (True, False): "energy", (False, True): "duration"}
    label: Label = {"pricingMethod": method.get((bool(energy), bool(duration)), "durationAndEnergy"), **prices}
    return Fees(
        connection=p.connection_fee,
        energy_levels=energy,
        duration_levels=duration,
        idle_levels=p.multi_idle_fee,
        label=lambda now: label,
    )


@kind(
    "standard_tod", MINIMA, "price_periods days_when_applied", DURATION, IDLE, "lock_energy_price_on_session_start",
    "lock_duration_price_on_session_start lock_idle_price_on_session_start", needs="time_periods",
)  # fmt: skip
def by_time_periods(tariff: Tariff) -> Fees:
    p, rules = tariff.pricing, DayRules(tariff.pricing)
    hours = [(minutes(each.start_time), midnight_is_the_end(each.end_time)) for each in p.time_periods]

    def number(now: Now) -> int:
        return next((n for n, (start, end) in enumerate(hours) if within(now.minute, start, end)), -1)

    def of(component: str) -> Price:
        if not any(getattr(each.price_periods, component).fee for each in (p, *p.days_when_applied)):
            return None
        return lambda now: dict(enumerate(rules.fees(now.date, component))).get(number(now))

    def label(now: Now) -> Label:
        rule, period = rules.rule(now.date), p.time_periods[number(now)]
        hours_of: Label = {"startHour": period.start_time, "endHour": period.end_time}
        return {**hours_of, "day": rule.name or now.date.isoformat()} if rule else hours_of

    locks = {"energy": p.lock_energy_price_on_session_start, "duration": p.lock_duration_price_on_session_start,
             "idle": p.lock_idle_price_on_session_start}  # fmt: skip
    return Fees(
        connection=of("connection_fee_periods"),
        energy=of("energy_fee_periods"),
        duration=of("duration_fee_periods"),
        idle=of("idle_fee_periods"),
        locked=frozenset(name for name, locked in locks.items() if locked),
        borders=tuple(border for each in hours for border in each),
        label=label,
        conditions=lambda now: rules.conditions(now.date),
    )


@kind("average power levels", CONNECTION, MINIMA, "idle_fee_per_minute", IDLE, needs="average_power_levels")
def by_average_power(tariff: Tariff) -> Fees:
    p = tariff.pricing
    levels = [(each.average_power_up_to_kw, *2 * (each.price_per_minute,)) for each in p.average_power_levels]
    return Fees(
        connection=p.connection_fee, power_levels=[PowerLevel(*each) for each in levels], idle=p.idle_fee_per_minute
    )


@kind(
    "peak power levels", CONNECTION, MINIMA, "regular_use_period", "idle_fee_per_minute", IDLE,
    needs="peak_power_levels",
)  # fmt: skip
def by_peak_power(tariff: Tariff) -> Fees:
    p = tariff.pricing
    levels = [
        PowerLevel(each.peak_power_up_to_kw, each.regular_price_per_minute, each.excess_use_price_per_min)
        for each in p.peak_power_levels
    ]
    return Fees(
        connection=p.connection_fee,
        power_levels=levels,
        regular_minutes=p.regular_use_period,
        idle=p.idle_fee_per_minute,
    )


@kind(
    "optimised dynamic pricing", CONNECTION, MINIMA, RATE, "optimised_label", "price_per_period", DURATION,
    "idle_fee_per_minute", IDLE, needs="price_per_kwh threshold_price_for_energy price_for_energy_when_optimized",
    draws_on_rate=True,
)  # fmt: skip
def optimised(tariff: Tariff) -> Fees:
    p = tariff.pricing
    threshold = p.threshold_price_for_energy

    def slowed(now: Now) -> bool:
        return not now.boosted and None not in (now.rate, threshold) and now.rate > threshold  # type: ignore[operator]

    return Fees(
        connection=p.connection_fee,
        energy=lambda now: p.price_for_energy_when_optimized if slowed(now) else p.price_per_kwh,
        duration=p.price_per_period,
        idle=p.idle_fee_per_minute,
        label=lambda now: {"chargingType": "optimised" if slowed(now) else "boosted"},
    )


def interval_price(markup: FlexibleMarkup, minute: int) -> Decimal:
    found = (
        each.price
        for each in markup.interval_pricing
        if minutes(each.starts_at) <= minute < midnight_is_the_end(each.ends_at)
    )
    return next(found, markup.default_price)


def interval_borders(markup: FlexibleMarkup | None) -> tuple[int, ...]:
    intervals = markup.interval_pricing if markup else ()
    return tuple(
        border for each in intervals for border in (minutes(each.starts_at), midnight_is_the_end(each.ends_at))
    )
