"""The commands of OCPP 2.0.1's smart charging (Part 2, chapter K): set, clear and read what limits the current."""

from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.moments import stamp
from ohmstead.simulator.smart_charging import clear, composite, install
from ohmstead.simulator.v201 import messages
from ohmstead.simulator.v201.notices import report
from ohmstead.simulator.v201.profiles import PURPOSES, profile_of


def set_charging_profile(context: HandlerContext, command: messages.SetChargingProfile) -> Answer:
    return install(context, profile_of(command.charging_profile, command.evse_id, context.now()), unnamed=False)


def clear_charging_profile(context: HandlerContext, command: messages.ClearChargingProfile) -> Answer:
    by = command.charging_profile_criteria or messages.Criteria()
    purpose = PURPOSES.get(by.charging_profile_purpose or "")
    return clear(context, command.charging_profile_id, by.evse_id, purpose, by.stack_level)


def get_charging_profiles(context: HandlerContext, command: messages.GetChargingProfiles) -> Answer:
    """Which profiles of the central system it holds; they follow in messages of their own (K09)."""
    by, sources = command.charging_profile, command.charging_profile.charging_limit_source
    held = [
        one
        for one in context.station.hardware.profiles
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
    return status("Accepted", lambda: [context.post("ReportChargingProfiles", part) for part in parts])


def get_composite_schedule(context: HandlerContext, command: messages.GetCompositeSchedule) -> Answer:
    """For an EVSE or, all together, for the station (EVSE 0)."""
    found = composite(context, command.evse_id, command.duration, command.charging_rate_unit)
    if found is None:
        return status("Rejected")
    start, schedule = found
    return Answer(
        {"status": "Accepted", "schedule": {"evseId": command.evse_id, "scheduleStart": stamp(start), **schedule}}
    )
