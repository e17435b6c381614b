"""Charging profiles as 1.6 writes them (OCPP 1.6, sections 7.8, 7.13 and 7.14)."""

from ohmstead.ocpp.profile_words import KIND, RECURRENCY, before_2_1, tenths
from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v16.transactions import transaction_number
from ohmstead.ocpp.v16.types import (
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingSchedule,
    ChargingSchedulePeriod,
)
from ohmstead.rooms.devices import stations

PURPOSE: dict[str, ChargingProfilePurpose] = {
    "station_max": "ChargePointMaxProfile",
    "transaction_default": "TxDefaultProfile",
    "transaction": "TxProfile",
}


def charging_profile(profile: stations.ChargingProfile) -> ChargingProfile:
    ref = profile.transaction_ref
    return ChargingProfile(
        charging_profile_id=profile.id,
        stack_level=profile.stack_level,
        charging_profile_purpose=PURPOSE[profile.purpose],
        charging_profile_kind=KIND[before_2_1(profile).kind],
        charging_schedule=_schedule(profile),
        transaction_id=None if ref is None else transaction_number(ref),
        recurrency_kind=RECURRENCY[profile.recurrency] if profile.recurrency else None,
        valid_from=sent(profile.valid_from) if profile.valid_from else None,
        valid_to=sent(profile.valid_to) if profile.valid_to else None,
    )


def _schedule(profile: stations.ChargingProfile) -> ChargingSchedule:
    return ChargingSchedule(
        charging_rate_unit=profile.unit,
        charging_schedule_period=[
            ChargingSchedulePeriod(start_period=period.start_s, limit=tenths(period.limit), number_phases=period.phases)
            for period in profile.periods
        ],
        duration=profile.duration_s,
        start_schedule=sent(profile.starts_at) if profile.starts_at else None,
        min_charging_rate=None if profile.min_rate is None else tenths(profile.min_rate),
    )
