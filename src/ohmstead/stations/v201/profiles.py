"""Charging profiles between the wire of OCPP 2.0.1 (Part 2, 2.10) and the station's own terms."""

from datetime import datetime

from ohmstead.stations.charging_profile import Kind, Period, Profile, Purpose, Unit
from ohmstead.stations.v16.messages import utc
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
