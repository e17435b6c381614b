"""The commands of OCPP 1.6's smart charging profile: set, clear and read what limits the current."""

from ohmstead.stations.desk import Answer, Desk, status
from ohmstead.stations.moments import stamp
from ohmstead.stations.smart_charging import clear, composite, install
from ohmstead.stations.v16 import messages
from ohmstead.stations.v16.profiles import PURPOSES, profile_of


def set_charging_profile(desk: Desk, command: messages.SetChargingProfile) -> Answer:
    profile = profile_of(command.cs_charging_profiles, command.connector_id, desk.now())
    return install(desk, profile, unnamed=True)


def clear_charging_profile(desk: Desk, command: messages.ClearChargingProfile) -> Answer:
    purpose = PURPOSES.get(command.charging_profile_purpose or "")
    return clear(desk, command.id, command.connector_id, purpose, command.stack_level)


def get_composite_schedule(desk: Desk, command: messages.GetCompositeSchedule) -> Answer:
    """For a connector or, all together, for the station (connector 0)."""
    found = composite(desk, command.connector_id, command.duration, command.charging_rate_unit)
    if found is None:
        return status("Rejected")
    start, schedule = found
    return Answer(
        {
            "status": "Accepted",
            "connectorId": command.connector_id,
            "scheduleStart": stamp(start),
            "chargingSchedule": schedule,
        }
    )
