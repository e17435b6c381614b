"""SetChargingProfile: lay limits over time on one EVSE, or as EVSE 0 on the whole charge point."""

from ohmstead.ocpp.v201.profiles import charging_profile
from ohmstead.ocpp.v201.types import SetChargingProfileRequest
from ohmstead.rooms.devices.stations import SetChargingProfile


def request(command: SetChargingProfile) -> SetChargingProfileRequest:
    return SetChargingProfileRequest(
        evse_id=command.evse_network_id, charging_profile=charging_profile(command.profile)
    )
