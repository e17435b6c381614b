"""The fields that prices of tariffs are written in, as the API has them. Which type uses which is in `types.py`."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, field

from ohmstead.kit.money import bounded
from ohmstead.kit.views import Deprecated, View, WriteOnly

_HOUR = r"([01]\d|2[0-3]):[0-5]\d"

Fee = Annotated[Decimal, bounded(0, 10**9, places=10), Meta(extra={"digits": "prices"})]
"""What a unit costs, with tax, in major units: it has no more digits than the currency's prices."""
Amount = Annotated[Decimal, bounded(0, 10**9, places=10), Meta(extra={"digits": "amounts"})]
"""A fee that is due once, a limit or a minimum: it has no more digits than the currency's amounts."""
Percentage = Annotated[Decimal, bounded(0, 10**6, places=6)]
Kwh = Annotated[Decimal, bounded(0, 10**9, places=6)]
Kw = Annotated[Decimal, bounded(0, 10**6, places=6)]
Minutes = Annotated[Decimal, bounded(0, 10**6, places=5)]
WholeMinutes = Annotated[int, Meta(ge=0, le=10**6)]
Unit = Annotated[Literal[1, 15, 30, 60, 240, 360], Meta(description="A unit of time, minutes.")]
Place = Annotated[int, Meta(ge=0, le=10**9)]
"""The number of a unit of time, from 0."""
Clock = Annotated[str, Meta(pattern=rf"^{_HOUR}(:00)?$(?!\n)", description="HH:MM on the clock at the charge point.")]
Start = Annotated[str, Meta(pattern=rf"^{_HOUR}$(?!\n)", description="Local time, hours:minutes.")]
End = Annotated[str, Meta(pattern=rf"^({_HOUR}|24:00)$(?!\n)", description="Local time; 24:00 is midnight.")]


class Level(View, omit_defaults=True):
    """A fee per unit and one that is due on entering. The two add up."""

    flat_fee: Amount | None = None


class KwhLevel(Level, omit_defaults=True):
    """From more than `firstKwh` to `lastKwh`."""

    first_kwh: Kwh
    last_kwh: Annotated[Kwh | None, Meta(description="Null in the last level.")] = None
    fee_per_kwh: Fee | None = None


class UnitLevel(Level, omit_defaults=True):
    """Units of time from `firstUnit` to `lastUnit`, both included."""

    first_unit: Place
    last_unit: Annotated[Place | None, Meta(description="Null in the last level.")] = None
    fee_per_unit: Fee | None = None


class AveragePowerLevel(View):
    average_power_up_to_kw: Kw
    price_per_minute: Fee


class PeakPowerLevel(View):
    peak_power_up_to_kw: Kw
    regular_price_per_minute: Fee
    excess_use_price_per_min: Fee


class IntervalPrice(View):
    starts_at: Start
    ends_at: End
    price: Fee


class FlexibleMarkup(View, omit_defaults=True):
    """A fixed markup that changes through the day."""

    default_price: WriteOnly[Annotated[Fee, Meta(description="Outside of all intervals.")]] = Decimal(0)
    interval_pricing: Annotated[list[IntervalPrice], Meta(description="All of 15, 30 or 60 minutes.")] = []


class TimePeriod(View):
    start_time: Start
    end_time: End


class PeriodFees(View, frozen=True, omit_defaults=True):
    fee: Annotated[list[Fee], Meta(description="One for each of the time periods.")] = []


class PeriodAmounts(View, frozen=True, omit_defaults=True):
    fee: Annotated[list[Amount], Meta(description="One for each of the time periods.")] = []


class PricePeriods(View, frozen=True, omit_defaults=True):
    connection_fee_periods: PeriodAmounts = PeriodAmounts()
    energy_fee_periods: PeriodFees = PeriodFees()
    duration_fee_periods: PeriodFees = PeriodFees()
    idle_fee_periods: PeriodFees = PeriodFees()


class Conditions(View, omit_defaults=True):
    """When fees are due, and for what units."""

    price_period_in_minutes: Unit | None = None
    duration_fee_grace_period: Annotated[
        WholeMinutes | None, Meta(description="The first minutes of charging, which are free.")
    ] = None
    idle_pricing_period_in_minutes: Unit | None = None
    idle_fee_grace_period_minutes: Annotated[
        Minutes | None, Meta(description="The first minutes of each idle stretch, which are free.")
    ] = None
    connection_fee_minimum_session_duration: Annotated[
        WholeMinutes | None, Meta(description="Shorter sessions have no connection fee, minutes.")
    ] = None
    connection_fee_minimum_session_energy: Annotated[
        Kwh | None, Meta(description="Smaller sessions have no connection fee, kWh.")
    ] = None
    price_periods: PricePeriods = PricePeriods()


class DayRule(Conditions, omit_defaults=True):
    """Fees of certain days, where they are not the general ones."""

    name: Annotated[str, Meta(description="monday to sunday, weekdays, weekend, or any name for special dates.")] = ""
    special_dates: Annotated[list[str], Meta(description="YYYY-MM-DD, or MM-DD for each year.")] = []


class Pricing(Conditions, omit_defaults=True):
    """All fields of all types. A type takes its own; null, false and nothing are accepted of the others."""

    price_per_session: Amount | None = None
    connection_fee: Amount | None = None
    price_per_kwh: Fee | None = None
    day_price_per_kwh: Fee | None = None
    night_price_per_kwh: Fee | None = None
    price_per_period: Fee | None = None
    day_price_per_period: Fee | None = None
    night_price_per_period: Fee | None = None
    duration_fee_limit: Amount | None = None
    duration_fee_from: Clock | None = None
    duration_fee_to: Clock | None = None
    idle_fee_per_minute: Fee | None = None
    day_idle_fee_per_minute: Fee | None = None
    night_idle_fee_per_minute: Fee | None = None
    idle_fee_period_start: Clock | None = None
    idle_fee_period_end: Clock | None = None
    idle_fee_limit: Amount | None = None
    min_price: Annotated[Amount | None, Meta(description="What a session costs at least.")] = None
    pre_authorize_amount: Amount | None = None
    tax_id: Deprecated[int | None] = field(name="taxID", default=None)
    charge_point_electricity_rate: bool = False
    fallback_electricity_rate_id: int | None = None
    markup_percentage_per_kwh: Percentage | None = None
    markup_fixed_fee_per_kwh: Fee | None = None
    flexible_mark_up_as_fixed_per_kwh: FlexibleMarkup | None = None
    multi_price_per_kwh: list[KwhLevel] = []
    multi_price_per_duration: list[UnitLevel] = []
    multi_idle_fee: list[UnitLevel] = []
    regular_use_period: Annotated[Minutes | None, Meta(description="Minutes before the excess price.")] = None
    average_power_levels: list[AveragePowerLevel] = []
    peak_power_levels: list[PeakPowerLevel] = []
    time_periods: Annotated[list[TimePeriod], Meta(description="They cover the day.")] = []
    days_when_applied: list[DayRule] = []
    threshold_price_for_energy: Annotated[Fee | None, Meta(description="Dearer energy is taken slowly.")] = None
    price_for_energy_when_optimized: Fee | None = None
    optimised_label: str | None = None
    subsidy_integration_id: int | None = None
    lock_price_on_session_start: bool = False
    lock_energy_price_on_session_start: bool = False
    lock_duration_price_on_session_start: bool = False
    lock_idle_price_on_session_start: bool = False
    state_of_charge_idle_threshold: Annotated[
        Literal[75, 80, 85, 90, 95, 100] | None, Meta(description="%; above it the session is idle.")
    ] = None
    average_power_idle_threshold: Annotated[
        Annotated[Decimal, bounded(0, "999999.99", places=6)] | None, Meta(description="kW; below it it is idle.")
    ] = None
