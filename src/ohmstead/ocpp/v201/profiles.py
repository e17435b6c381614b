"""Charging profiles as 2.0.1 writes them (OCPP 2.0.1 Part 2, chapter K and section 2.10)."""

from math import floor

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v201.types import (
    ChargingProfileKindEnumType,
    ChargingProfilePurposeEnumType,
    ChargingProfileType,
    ChargingSchedulePeriodType,
    ChargingScheduleType,
    RecurrencyKindEnumType,
)
from ohmstead.rooms.network import stations

PURPOSE: dict[str, ChargingProfilePurposeEnumType] = {
    "station_max": "ChargingStationMaxProfile",
    "transaction_default": "TxDefaultProfile",
    "transaction": "TxProfile",
}
KIND: dict[str, ChargingProfileKindEnumType] = {
    "absolute": "Absolute",
    "recurring": "Recurring",
    "relative": "Relative",
}
RECURRENCY: dict[str, RecurrencyKindEnumType] = {"daily": "Daily", "weekly": "Weekly"}


def charging_profile(profile: stations.ChargingProfile) -> ChargingProfileType:
    return ChargingProfileType(
        id=profile.id,
        stack_level=profile.stack_level,
        charging_profile_purpose=PURPOSE[profile.purpose],
        charging_profile_kind=KIND[profile.kind],
        charging_schedule=[_schedule(profile)],
        transaction_id=profile.transaction_ref,
        recurrency_kind=RECURRENCY[profile.recurrency] if profile.recurrency else None,
        valid_from=sent(profile.valid_from) if profile.valid_from else None,
        valid_to=sent(profile.valid_to) if profile.valid_to else None,
    )


def _schedule(profile: stations.ChargingProfile) -> ChargingScheduleType:
    return ChargingScheduleType(
        id=profile.id,
        charging_rate_unit=profile.unit,
        charging_schedule_period=[
            ChargingSchedulePeriodType(
                start_period=period.start_s, limit=_tenths(period.limit), number_phases=period.phases
            )
            for period in profile.periods
        ],
        duration=profile.duration_s,
        start_schedule=sent(profile.starts_at) if profile.starts_at else None,
        min_charging_rate=None if profile.min_rate is None else _tenths(profile.min_rate),
    )


def _tenths(limit: float) -> float:
    """Limits have one decimal; the rest is cut off, for a limit must not grow."""
    return floor(round(limit * 10, 6)) / 10
