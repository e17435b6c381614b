"""TriggerMessage: ask for a message now; a name that 1.6 does not list is refused before it is sent."""

from typing import cast

from ohmstead.ocpp.v16.types import RequestedMessage, TriggerMessageRequest
from ohmstead.rooms.network.stations import TriggerMessage


def request(command: TriggerMessage) -> TriggerMessageRequest:
    return TriggerMessageRequest(
        requested_message=cast(RequestedMessage, command.message), connector_id=command.evse_network_id
    )
