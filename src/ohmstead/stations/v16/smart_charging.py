"""The commands of OCPP 1.6's smart charging profile: set, clear and read what limits the current."""

from ohmstead.stations.charging_profile import Profile, Purpose, Unit
from ohmstead.stations.charging_profiles import ProfileRefused
from ohmstead.stations.desk import Answer, Desk, status
from ohmstead.stations.v16 import messages
from ohmstead.stations.v16.messages import stamp
from ohmstead.stations.v16.profiles import PURPOSES, profile_of, schedule_of


def set_charging_profile(desk: Desk, command: messages.SetChargingProfile) -> Answer:
    profile = profile_of(command.cs_charging_profiles, command.connector_id, desk.now())
    if not desk.has(command.connector_id, or_station=True) or not _in_time(desk, profile):
        return status("Rejected")
    try:
        with desk.station.charging.change():
            desk.station.hardware.profiles.install(profile)
    except ProfileRefused:
        return status("Rejected")
    return status("Accepted")


def clear_charging_profile(desk: Desk, command: messages.ClearChargingProfile) -> Answer:
    purpose = PURPOSES.get(command.charging_profile_purpose or "")
    with desk.station.charging.change():
        cleared = desk.station.hardware.profiles.clear(command.id, command.connector_id, purpose, command.stack_level)
    return status("Accepted" if cleared else "Unknown")


def get_composite_schedule(desk: Desk, command: messages.GetCompositeSchedule) -> Answer:
    """What the profiles add up to from now on, for a connector or, all together, for the station (connector 0)."""
    if not desk.has(command.connector_id, or_station=True) or command.duration <= 0:
        return status("Rejected")
    now = desk.now().replace(microsecond=0)
    steps = desk.station.hardware.schedule(command.connector_id, now, command.duration)
    schedule = schedule_of(steps, Unit(command.charging_rate_unit or "A"), command.duration)
    return Answer(
        {
            "status": "Accepted",
            "connectorId": command.connector_id,
            "scheduleStart": stamp(now),
            "chargingSchedule": schedule,
        }
    )


def _in_time(desk: Desk, profile: Profile) -> bool:
    """A profile for a transaction needs one that runs, and that is the one it names, if it names one (1.6, 5.16)."""
    if profile.purpose is not Purpose.TRANSACTION:
        return True
    running = next((c.transaction for c in desk.connectors if c.id == profile.connector), None)
    return running is not None and profile.transaction_id in (None, running.id)
