"""Charging profiles on the wire: what OCPP 1.6 (7.8, 7.13) and 2.0.1 (Part 2, 2.10) write alike."""

from datetime import datetime
from typing import Any

from ohmstead.simulator.charging_profile import Kind, Period, Profile, Purpose, Unit
from ohmstead.simulator.moments import utc
from ohmstead.simulator.vehicle import VOLTAGE, Offer

RECURRENCES_S = {"Daily": 86_400, "Weekly": 604_800}


def read(wire: Any, id: int, schedule: Any, purpose: Purpose, connector: int, now: datetime) -> Profile:
    """The profile that a message of either version sets for a connector or EVSE, installed `now`."""
    kind = Kind(wire.charging_profile_kind)
    return Profile(
        id=id,
        connector=connector,
        purpose=purpose,
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


def schedule_of(steps: list[tuple[int, Offer]], unit: Unit, duration_s: int) -> dict[str, Any]:
    """A ChargingSchedule that says what `steps`, of limits in A per phase, add up to."""
    return {
        "duration": duration_s,
        "chargingRateUnit": unit.value,
        "chargingSchedulePeriod": [
            {"startPeriod": offset, "limit": _in(unit, limit), "numberPhases": limit.phases} for offset, limit in steps
        ],
    }


def _in(unit: Unit, limit: Offer) -> float:
    return round(limit.amps if unit is Unit.AMPERE else limit.amps * VOLTAGE * limit.phases, 1)
