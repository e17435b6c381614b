"""RemoteStartTransaction: charge for this tag, on this connector or where a cable is plugged."""

from ohmstead.ocpp.v16.profiles import charging_profile
from ohmstead.ocpp.v16.types import RemoteStartTransactionRequest
from ohmstead.rooms.devices.stations import RemoteStart


def request(command: RemoteStart) -> RemoteStartTransactionRequest:
    profile = command.charging_profile
    return RemoteStartTransactionRequest(
        id_tag=command.id_tag,
        connector_id=command.evse_network_id,
        charging_profile=charging_profile(profile) if profile else None,
    )
