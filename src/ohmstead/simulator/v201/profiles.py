"""Charging profiles between the wire of OCPP 2.0.1 (Part 2, 2.10) and the station's own terms."""

from datetime import datetime
from typing import Any

from ohmstead.simulator.charging_profile import Profile, Purpose
from ohmstead.simulator.moments import stamp
from ohmstead.simulator.profile_wire import RECURRENCES_S, read
from ohmstead.simulator.v201 import messages

PURPOSES = {
    "ChargingStationMaxProfile": Purpose.STATION,
    "TxDefaultProfile": Purpose.DEFAULT,
    "TxProfile": Purpose.TRANSACTION,
}


def profile_of(wire: messages.ChargingProfile, evse: int, now: datetime) -> Profile:
    """The profile that a message sets for an EVSE, installed `now`. Several schedules are for ISO 15118 vehicles, which
    choose; this station takes the first."""
    return read(wire, wire.id, wire.charging_schedule[0], PURPOSES[wire.charging_profile_purpose], evse, now)


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
        # OCPP 2.1 alone
        "maxOfflineDuration": None if profile.offline_s is None else int(profile.offline_s),
        "invalidAfterOfflineDuration": profile.ends_offline or None,
    }
    return {name: said for name, said in told.items() if said is not None}
