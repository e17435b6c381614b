"""The commands of OCPP 2.0.1's smart charging (Part 2, chapter K): set, clear and read what limits the current."""

from ohmstead.stations.charging_profile import Profile, Purpose, Unit
from ohmstead.stations.charging_profiles import ProfileRefused
from ohmstead.stations.desk import Answer, Desk, status
from ohmstead.stations.v16.messages import stamp
from ohmstead.stations.v16.profiles import schedule_of
from ohmstead.stations.v201 import messages
from ohmstead.stations.v201.notices import report
from ohmstead.stations.v201.profiles import PURPOSES, profile_of


def set_charging_profile(desk: Desk, command: messages.SetChargingProfile) -> Answer:
    profile = profile_of(command.charging_profile, command.evse_id, desk.now())
    if not desk.has(command.evse_id, or_station=True) or not _in_time(desk, profile):
        return status("Rejected")
    try:
        with desk.station.charging.change():
            desk.station.hardware.profiles.install(profile)
    except ProfileRefused:
        return status("Rejected")
    return status("Accepted")


def clear_charging_profile(desk: Desk, command: messages.ClearChargingProfile) -> Answer:
    by = command.charging_profile_criteria or messages.Criteria()
    purpose = PURPOSES.get(by.charging_profile_purpose or "")
    with desk.station.charging.change():
        cleared = desk.station.hardware.profiles.clear(command.charging_profile_id, by.evse_id, purpose, by.stack_level)
    return status("Accepted" if cleared else "Unknown")


def get_charging_profiles(desk: Desk, command: messages.GetChargingProfiles) -> Answer:
    """Which profiles of the central system it holds; they follow in messages of their own (K09)."""
    by, sources = command.charging_profile, command.charging_profile.charging_limit_source
    held = [
        one
        for one in desk.station.hardware.profiles
        if command.evse_id in (None, one.connector)
        and by.charging_profile_purpose
        in (None, *(word for word, purpose in PURPOSES.items() if purpose is one.purpose))
        and by.stack_level in (None, one.stack_level)
        and (by.charging_profile_id is None or one.id in by.charging_profile_id)
        and (sources is None or "CSO" in sources)
    ]
    if not held:
        return status("NoProfiles")
    parts = report(command.request_id, held)
    return status("Accepted", lambda: [desk.post("ReportChargingProfiles", part) for part in parts])


def get_composite_schedule(desk: Desk, command: messages.GetCompositeSchedule) -> Answer:
    """What the profiles add up to from now on, for an EVSE or, all together, for the station (EVSE 0)."""
    if not desk.has(command.evse_id, or_station=True) or command.duration <= 0:
        return status("Rejected")
    now = desk.now().replace(microsecond=0)
    steps = desk.station.hardware.schedule(command.evse_id, now, command.duration)
    schedule = schedule_of(steps, Unit(command.charging_rate_unit or "A"), command.duration)
    return Answer(
        {"status": "Accepted", "schedule": {"evseId": command.evse_id, "scheduleStart": stamp(now), **schedule}}
    )


def _in_time(desk: Desk, profile: Profile) -> bool:
    """A profile for a transaction names it, and it runs (K01.FR.03, K01.FR.09)."""
    if profile.purpose is not Purpose.TRANSACTION:
        return True
    running = next((c.transaction for c in desk.connectors if c.id == profile.connector), None)
    return running is not None and profile.transaction_id == running.id
