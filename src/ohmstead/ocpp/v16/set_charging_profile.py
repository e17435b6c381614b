"""SetChargingProfile: lay limits over time on one connector, or as connector 0 on the whole charge point."""

from ohmstead.ocpp.v16.profiles import charging_profile
from ohmstead.ocpp.v16.types import SetChargingProfileRequest
from ohmstead.rooms.devices.stations import SetChargingProfile


def request(command: SetChargingProfile) -> SetChargingProfileRequest:
    return SetChargingProfileRequest(
        connector_id=command.evse_network_id, cs_charging_profiles=charging_profile(command.profile)
    )
