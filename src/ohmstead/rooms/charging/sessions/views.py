"""The shape of a session in the API."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.views import Deprecated, Opt, ReadOnly, View
from ohmstead.rooms.charging.authorizations import AuthorizationV1
from ohmstead.rooms.charging.reasons import Reason

Status = Literal["unknown", "pending", "active", "finished", "failed", "expired"]
PaymentType = Literal["tokenized", "subscription", "balance", "corporate", "terminal", "bank_transfer"]
Interval = Literal[15, 30, 60]
Wh = Annotated[float, Meta(description="Energy, Wh.")]
Watts = Annotated[float, Meta(description="Power, W.")]
Currency = Annotated[str, Meta(min_length=3, max_length=3, description="ISO 4217.")]


class Money(View):
    with_tax: float
    without_tax: Opt[float] = UNSET


class Tax(View):
    tax_id: Opt[int] = UNSET
    tax_percentage: Opt[float] = UNSET


class Consumption(View):
    total: Wh
    local: Opt[Annotated[float, Meta(description="What renewable sources on the spot gave, Wh.")]] = UNSET
    grid: Annotated[float, Meta(description="What the grid gave, Wh.")]


class Power(View):
    """What the vehicle takes, W."""

    latest: Opt[Watts | None] = UNSET
    peak: Opt[Watts | None] = UNSET
    average: Opt[Watts | None] = UNSET


class PeriodFee(View):
    """One element of a tariff, and what it comes to."""

    type: Literal[
        "flat", "connection", "energy", "charging_time", "idle_time", "power_levels_time", "min_price", "service_fee",
        "energy_flat_fee", "duration_flat_fee", "idle_flat_fee",
    ]  # fmt: skip
    currency: Currency
    unit: Literal["kwh", "minute", "session"]
    price_per_unit: Money
    quantity: float
    price: Money
    tax_percentage: Opt[float | None] = UNSET


class Fee(PeriodFee):
    total_price: Deprecated[float]
    unit_price: Deprecated[float]


class PricingDetails(View):
    """What the tariff made of a period."""

    charging_type: Opt[Literal["boosted", "optimised"] | None] = UNSET
    day_period: Opt[Literal["day", "night"] | None] = UNSET
    pricing_method: Opt[Literal["duration", "energy", "durationAndEnergy", "free"] | None] = UNSET
    price: Opt[float] = UNSET
    markup: Opt[float] = UNSET
    initial_energy_price: Opt[float] = UNSET
    initial_duration_price: Opt[float] = UNSET
    start_hour: Opt[str] = UNSET
    end_hour: Opt[str] = UNSET
    day: Opt[str] = UNSET


class ChargingPeriod(View):
    id: Annotated[int, Meta(description="Its number within the session, from 1.")]
    energy: Annotated[int, Meta(description="Delivered in it, Wh.")]
    started_at: datetime
    stopped_at: Opt[datetime | None] = UNSET
    state: Deprecated[str]
    charging_state: Opt[Literal["charging", "idle"]] = UNSET
    pricing_details: Opt[PricingDetails] = UNSET
    amount: Opt[float | None] = UNSET
    price_breakdown: Opt[list[PeriodFee]] = UNSET


class ClockAligned(View):
    """What was consumed between two marks of the clock; the first interval begins with the session."""

    start: datetime
    end: datetime
    energy_consumed: Deprecated[int]
    energy_consumption: Consumption
    total_cost: Opt[Money] = UNSET


class SessionRoaming(View):
    cdr_ids: Opt[list[int]] = UNSET
    session_id: Opt[
        Annotated[str, Meta(description="The session's id where the charge point's operator keeps it.")]
    ] = UNSET
    roaming_operator_cpo_id: Opt[int] = UNSET
    cpo_last_updated_at: Opt[ReadOnly[datetime]] = UNSET


class Session(View):
    id: str
    charge_point_id: int
    evse_id: int
    connector_id: Opt[int | None] = UNSET
    status: Status
    reason: Opt[Annotated[Reason, Meta(description="Why it ended, or never began.")]] = UNSET
    user_id: int | None
    booking_id: Opt[int] = UNSET
    started_at: datetime
    stopped_at: Opt[datetime | None] = UNSET
    energy: Deprecated[Wh]
    power_kw: Opt[Deprecated[float]] = UNSET
    soc_percent: Opt[Annotated[float, Meta(description="The vehicle's state of charge, %.")]] = UNSET
    amount: Opt[Deprecated[float | None]] = UNSET
    total_amount: Opt[Money | None] = UNSET
    tax: Opt[Deprecated[Tax | None]] = UNSET
    currency: Opt[Currency] = UNSET
    payment_type: Opt[PaymentType] = UNSET
    payment_method_id: Opt[Annotated[str, Meta(description="A payment method's id, or a word: balance, …")] | None] = (
        UNSET
    )
    terminal_id: Opt[int | None] = UNSET
    non_billable_energy: Opt[Annotated[float, Meta(description="Covered by a subscription's allowance, Wh.")]] = UNSET
    payment_status: Opt[Literal["pending", "paid", "partially", "failed"] | None] = UNSET
    authorization_id: int | None
    id_tag: Opt[Annotated[str, Meta(description="What began it: a tag's UID, or `*` and the session's id.")]] = UNSET
    id_tag_label: Opt[str] = UNSET
    extending_session_id: Opt[Deprecated[int | None]] = UNSET
    original_session_id: Opt[Annotated[int, Meta(description="The session this one goes on with.")]] = UNSET
    extended_by_session_id: Opt[Annotated[int, Meta(description="The session that goes on with this one.")]] = UNSET
    reimbursement_eligibility: Opt[bool] = UNSET
    external_session_id: Opt[Deprecated[str | None]] = UNSET
    authorization: Opt[AuthorizationV1] = UNSET
    charging_periods: Opt[list[ChargingPeriod]] = UNSET
    price_breakdown: Opt[list[Fee]] = UNSET
    tariff_snapshot_id: Opt[Annotated[int, Meta(description="The tariff as it was at the start.")] | None] = UNSET
    electricity_cost: Opt[float | None] = UNSET
    evse_physical_reference: Opt[str | None] = UNSET
    payment_status_updated_at: Opt[ReadOnly[datetime | None]] = UNSET
    charge_point_operator_roaming_id: Opt[str] = UNSET
    roaming: Opt[SessionRoaming] = UNSET
    last_updated_at: Opt[ReadOnly[datetime]] = UNSET
    randomised_delay: Opt[Annotated[int, Meta(description="By which the charge was put off at the start, s.")]] = UNSET
    receipt_id: Opt[Deprecated[int | None]] = UNSET
    external_app_data: Opt[dict[str, Any] | None] = UNSET
    clock_aligned_energy_consumption: Opt[list[ClockAligned]] = UNSET
    energy_consumption: Consumption
    estimated_savings: Opt[float] = UNSET
    billing_status: Literal["pending", "suspended", "completed"] | None
    power: Opt[Power] = UNSET
