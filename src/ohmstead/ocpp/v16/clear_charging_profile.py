"""ClearChargingProfile: take limits away."""

from ohmstead.ocpp.v16.profiles import PURPOSE
from ohmstead.ocpp.v16.types import ClearChargingProfileRequest
from ohmstead.rooms.devices.stations import ClearChargingProfile


def request(command: ClearChargingProfile) -> ClearChargingProfileRequest:
    return ClearChargingProfileRequest(
        id=command.profile_id,
        connector_id=command.evse_network_id,
        charging_profile_purpose=PURPOSE[command.purpose] if command.purpose else None,
        stack_level=command.stack_level,
    )
