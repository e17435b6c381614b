"""UnlockConnector: release the cable."""

from ohmstead.ocpp.v16.types import UnlockConnectorRequest
from ohmstead.rooms.devices.stations import Unlock


def request(command: Unlock) -> UnlockConnectorRequest:
    return UnlockConnectorRequest(connector_id=command.evse_network_id)
