"""UnlockConnector: release the cable."""

from ohmstead.ocpp.v201.types import UnlockConnectorRequest
from ohmstead.rooms.devices.stations import Unlock


def request(command: Unlock) -> UnlockConnectorRequest:
    return UnlockConnectorRequest(evse_id=command.evse_network_id, connector_id=command.connector_network_id)
