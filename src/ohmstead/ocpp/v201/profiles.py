"""Charging profiles as 2.0.1 writes them (OCPP 2.0.1 Part 2, chapter K and section 2.10)."""

from ohmstead.ocpp.profile_words import KIND, RECURRENCY, before_2_1, tenths
from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v201.types import (
    ChargingProfilePurposeEnumType,
    ChargingProfileType,
    ChargingSchedulePeriodType,
    ChargingScheduleType,
)
from ohmstead.rooms.devices import stations

PURPOSE: dict[str, ChargingProfilePurposeEnumType] = {
    "station_max": "ChargingStationMaxProfile",
    "transaction_default": "TxDefaultProfile",
    "transaction": "TxProfile",
}


def charging_profile(profile: stations.ChargingProfile) -> ChargingProfileType:
    return ChargingProfileType(
        id=profile.id,
        stack_level=profile.stack_level,
        charging_profile_purpose=PURPOSE[profile.purpose],
        charging_profile_kind=KIND[before_2_1(profile).kind],
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
                start_period=period.start_s, limit=tenths(period.limit), number_phases=period.phases
            )
            for period in profile.periods
        ],
        duration=profile.duration_s,
        start_schedule=sent(profile.starts_at) if profile.starts_at else None,
        min_charging_rate=None if profile.min_rate is None else tenths(profile.min_rate),
    )
