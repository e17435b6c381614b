"""SetNetworkProfile: keep in a slot where to connect, and how secured."""

from ohmstead.ocpp.v201.types import NetworkConnectionProfileType, SetNetworkProfileRequest
from ohmstead.rooms.devices.stations import SetNetworkProfile


def request(command: SetNetworkProfile) -> SetNetworkProfileRequest:
    return SetNetworkProfileRequest(
        configuration_slot=command.slot,
        connection_data=NetworkConnectionProfileType(
            ocpp_version="OCPP20",
            ocpp_transport="JSON",
            ocpp_csms_url=command.url,
            message_timeout=command.message_timeout_s,
            security_profile=command.security_profile,
            ocpp_interface="Wired0",
        ),
    )
