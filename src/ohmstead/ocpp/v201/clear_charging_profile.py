"""ClearChargingProfile: take limits away, one by its id or all that match."""

from ohmstead.ocpp.v201.profiles import PURPOSE
from ohmstead.ocpp.v201.types import ClearChargingProfileRequest, ClearChargingProfileType
from ohmstead.rooms.devices.stations import ClearChargingProfile


def request(command: ClearChargingProfile) -> ClearChargingProfileRequest:
    """With an id no criteria may be given (K10.FR.02), without one there must be some."""
    if command.profile_id is not None:
        return ClearChargingProfileRequest(charging_profile_id=command.profile_id)
    return ClearChargingProfileRequest(
        charging_profile_criteria=ClearChargingProfileType(
            evse_id=command.evse_network_id,
            charging_profile_purpose=PURPOSE[command.purpose] if command.purpose else None,
            stack_level=command.stack_level,
        )
    )
