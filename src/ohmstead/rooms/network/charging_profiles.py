"""Charging profiles as the API takes them in: limits over time, in the words of OCPP 1.6 (7.8 to 7.14)."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.views import Opt, View, aware
from ohmstead.rooms.network.stations import ChargingProfile, SchedulePeriod

Purpose = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]
Seconds = Annotated[int, Meta(ge=0)]

_PURPOSES = {
    "ChargePointMaxProfile": "station_max",
    "TxDefaultProfile": "transaction_default",
    "TxProfile": "transaction",
}


class Period(View):
    start_period: Annotated[int, Meta(ge=0, description="Seconds from the schedule's start.")]
    limit: Annotated[float, Meta(ge=0, description="A for each phase, or W in all.")]
    number_phases: Opt[Annotated[int, Meta(ge=1, le=3)]] = UNSET


class Schedule(View):
    id: Opt[Annotated[float, Meta(description="Of no consequence.")] | None] = UNSET
    duration: Opt[Seconds] = UNSET
    start_schedule: Opt[datetime] = UNSET
    charging_rate_unit: Literal["A", "W"]
    charging_schedule_period: Annotated[list[Period], Meta(min_length=1)]
    min_charging_rate: Opt[Annotated[float, Meta(ge=0)]] = UNSET


class GivenProfile(View):
    """A profile as a client gives it."""

    transaction_id: Opt[int] = UNSET
    stack_level: Annotated[int, Meta(ge=0)]
    charging_profile_purpose: Purpose
    charging_profile_kind: Literal["Absolute", "Recurring", "Relative"]
    recurrency_kind: Opt[Literal["Daily", "Weekly"]] = UNSET
    valid_from: Opt[datetime] = UNSET
    valid_to: Opt[datetime] = UNSET
    charging_schedule: Schedule


def profile_of(given: GivenProfile, profile_id: int, transaction_ref: str | None = None) -> ChargingProfile:
    """The command's profile; `profile_id` is the number the station shall know it by."""
    schedule = given.charging_schedule
    return ChargingProfile(
        id=profile_id,
        stack_level=given.stack_level,
        purpose=_PURPOSES[given.charging_profile_purpose],  # type: ignore[arg-type]
        kind=given.charging_profile_kind.lower(),  # type: ignore[arg-type]
        unit=schedule.charging_rate_unit,
        periods=tuple(
            SchedulePeriod(one.start_period, one.limit, one.number_phases or None)
            for one in schedule.charging_schedule_period
        ),
        duration_s=schedule.duration or None,
        starts_at=_moment(schedule.start_schedule),
        min_rate=schedule.min_charging_rate or None,
        recurrency=given.recurrency_kind.lower() if given.recurrency_kind else None,  # type: ignore[arg-type]
        valid_from=_moment(given.valid_from),
        valid_to=_moment(given.valid_to),
        transaction_ref=transaction_ref,
    )


def _moment(given: Opt[datetime]) -> datetime | None:
    return aware(given) if isinstance(given, datetime) else None
