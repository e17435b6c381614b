"""The commands of OCPP 1.6's smart charging profile: set, clear and read what limits the current."""

from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.moments import stamp
from ohmstead.simulator.smart_charging import clear, composite, install
from ohmstead.simulator.v16 import messages
from ohmstead.simulator.v16.profiles import PURPOSES, profile_of


def set_charging_profile(context: HandlerContext, command: messages.SetChargingProfile) -> Answer:
    profile = profile_of(command.cs_charging_profiles, command.connector_id, context.now())
    return install(context, profile, unnamed=True)


def clear_charging_profile(context: HandlerContext, command: messages.ClearChargingProfile) -> Answer:
    purpose = PURPOSES.get(command.charging_profile_purpose or "")
    return clear(context, command.id, command.connector_id, purpose, command.stack_level)


def get_composite_schedule(context: HandlerContext, command: messages.GetCompositeSchedule) -> Answer:
    """For a connector or, all together, for the station (connector 0)."""
    found = composite(context, command.connector_id, command.duration, command.charging_rate_unit)
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
