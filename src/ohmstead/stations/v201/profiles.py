"""Charging profiles between the wire of OCPP 2.0.1 (Part 2, 2.10) and the station's own terms."""

from datetime import datetime
from typing import Any

from ohmstead.stations.charging_profile import Kind, Period, Profile, Purpose, Unit
from ohmstead.stations.v16.messages import stamp, utc
from ohmstead.stations.v201 import messages

PURPOSES = {
    "ChargingStationMaxProfile": Purpose.STATION,
    "TxDefaultProfile": Purpose.DEFAULT,
    "TxProfile": Purpose.TRANSACTION,
}
RECURRENCES_S = {"Daily": 86_400, "Weekly": 604_800}


def profile_of(wire: messages.ChargingProfile, evse: int, now: datetime) -> Profile:
    """The profile that a message sets for an EVSE, installed `now`. Several schedules are for ISO 15118 vehicles, which
    choose; this station takes the first."""
    schedule, kind = wire.charging_schedule[0], Kind(wire.charging_profile_kind)
    return Profile(
        id=wire.id,
        connector=evse,
        purpose=PURPOSES[wire.charging_profile_purpose],
        kind=kind,
        stack_level=wire.stack_level,
        unit=Unit(schedule.charging_rate_unit),
        periods=tuple(Period(p.start_period, p.limit, p.number_phases) for p in schedule.charging_schedule_period),
        installed_at=now,
        start=schedule.start_schedule and utc(schedule.start_schedule),
        duration_s=schedule.duration,
        valid_from=wire.valid_from and utc(wire.valid_from),
        valid_to=wire.valid_to and utc(wire.valid_to),
        recurrence_s=RECURRENCES_S.get(wire.recurrency_kind or "") if kind is Kind.RECURRING else None,
        transaction_id=wire.transaction_id,
    )


def wire_of(profile: Profile) -> dict[str, Any]:
    """A profile as a message tells of it."""
    purposes = {ours: theirs for theirs, ours in PURPOSES.items()}
    recurrences = {seconds: word for word, seconds in RECURRENCES_S.items()}
    schedule = {
        "id": profile.id,
        "chargingRateUnit": profile.unit.value,
        "chargingSchedulePeriod": [
            {"startPeriod": int(p.start_s), "limit": p.limit, "numberPhases": p.phases} for p in profile.periods
        ],
        "startSchedule": profile.start and stamp(profile.start),
        "duration": None if profile.duration_s is None else int(profile.duration_s),
    }
    told = {
        "id": profile.id,
        "stackLevel": profile.stack_level,
        "chargingProfilePurpose": purposes[profile.purpose],
        "chargingProfileKind": profile.kind.value,
        "chargingSchedule": [{name: said for name, said in schedule.items() if said is not None}],
        "transactionId": profile.transaction_id,
        "recurrencyKind": recurrences.get(int(profile.recurrence_s or 0)),
        "validFrom": profile.valid_from and stamp(profile.valid_from),
        "validTo": profile.valid_to and stamp(profile.valid_to),
    }
    return {name: said for name, said in told.items() if said is not None}
