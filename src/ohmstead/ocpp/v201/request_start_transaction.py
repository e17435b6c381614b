"""RequestStartTransaction: charge for this token, at this EVSE or where a cable is plugged."""

from ohmstead.ocpp.v201.profiles import charging_profile
from ohmstead.ocpp.v201.tokens import central
from ohmstead.ocpp.v201.types import RequestStartTransactionRequest
from ohmstead.rooms.devices.stations import RemoteStart


def request(command: RemoteStart) -> RequestStartTransactionRequest:
    profile = command.charging_profile
    return RequestStartTransactionRequest(
        id_token=central(command.id_tag),
        remote_start_id=command.order,
        evse_id=command.evse_network_id,
        charging_profile=charging_profile(profile) if profile else None,
    )
