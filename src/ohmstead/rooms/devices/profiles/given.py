"""Charging profiles as the API takes them in: limits over time, in the words of OCPP 1.6 (7.8 to 7.14)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.views import Opt, View, aware, stamp
from ohmstead.rooms.devices.stations import ChargingProfile, ProfilePurpose, SchedulePeriod

Purpose = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]
Kind = Literal["Absolute", "Recurring", "Relative"]
ProfileKind = Literal["absolute", "recurring", "relative"]
Seconds = Annotated[int, Meta(ge=0)]

FALLBACK_LEVEL, SETPOINT_LEVEL = 0, 1  # where load management's own default and transaction profiles stand

_PURPOSES: dict[str, ProfilePurpose] = {
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
    charging_profile_kind: Kind
    recurrency_kind: Opt[Literal["Daily", "Weekly"]] = UNSET
    valid_from: Opt[datetime] = UNSET
    valid_to: Opt[datetime] = UNSET
    charging_schedule: Schedule


def purpose_of(given: Purpose) -> ProfilePurpose:
    """The purpose in the words of commands."""
    return _PURPOSES[given]


def kind_of(given: Kind) -> ProfileKind:
    """The kind in the words of commands."""
    return given.lower()  # type: ignore[return-value]


def profile_of(given: GivenProfile, profile_id: int, transaction_ref: str | None = None) -> ChargingProfile:
    """The command's profile; `profile_id` is the number the station shall know it by."""
    schedule = given.charging_schedule
    return ChargingProfile(
        id=profile_id,
        stack_level=given.stack_level,
        purpose=purpose_of(given.charging_profile_purpose),
        kind=kind_of(given.charging_profile_kind),
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


def shown(profile: ChargingProfile) -> dict[str, Any]:
    """A profile as the API shows it on what it was laid on."""
    words = {ours: theirs for theirs, ours in _PURPOSES.items()}
    told = {
        "id": profile.id,
        "minChargingRate": profile.min_rate,
        "schedulePeriods": periods_shown(profile.periods),
        "scheduleStart": stamp(profile.starts_at) if profile.starts_at else None,
        "chargingRateUnit": profile.unit,
        "stackLevel": profile.stack_level,
        # the API has no word for a dynamic one, which holds from the moment it is taken
        "chargingProfileKind": "Absolute" if profile.kind == "dynamic" else profile.kind.capitalize(),
        "purpose": words[profile.purpose],
        "recurrencyKind": profile.recurrency.capitalize() if profile.recurrency else None,
        "validFrom": stamp(profile.valid_from) if profile.valid_from else None,
        "validTo": stamp(profile.valid_to) if profile.valid_to else None,
        "duration": profile.duration_s,
    }
    return {name: value for name, value in told.items() if value is not None or name == "scheduleStart"}


def periods_shown(periods: Iterable[SchedulePeriod]) -> list[dict[str, Any]]:
    """Periods as the API shows them."""
    return [
        {"startPeriod": one.start_s, "limit": one.limit} | ({"numberPhases": one.phases} if one.phases else {})
        for one in periods
    ]
