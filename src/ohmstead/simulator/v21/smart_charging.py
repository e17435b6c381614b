"""The commands of OCPP 2.1's smart charging: profiles that end by being offline, and dynamic ones (K01, K28)."""

from dataclasses import replace

from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.smart_charging import install
from ohmstead.simulator.v21 import messages
from ohmstead.simulator.v201.profiles import profile_of


def set_charging_profile(context: HandlerContext, command: messages.SetChargingProfile) -> Answer:
    wire = command.charging_profile
    plain = profile_of(wire, command.evse_id, context.now())
    profile = replace(plain, offline_s=wire.max_offline_duration, ends_offline=wire.invalid_after_offline_duration)
    return install(context, profile, unnamed=False)


def update_dynamic_schedule(context: HandlerContext, command: messages.UpdateDynamicSchedule) -> Answer:
    limit, profiles = command.schedule_update.limit, context.station.hardware.profiles
    if limit is None or limit < 0:
        return status("Rejected")
    with context.station.charging.change():
        known = profiles.change_limit(command.charging_profile_id, limit)
    return status("Accepted" if known else "Rejected")
