"""ChangeAvailability: open or close one connector, or as connector 0 the whole charge point."""

from ohmstead.ocpp.v16.types import ChangeAvailabilityRequest
from ohmstead.rooms.devices.stations import ChangeAvailability


def request(command: ChangeAvailability) -> ChangeAvailabilityRequest:
    return ChangeAvailabilityRequest(
        connector_id=command.evse_network_id or 0, type="Operative" if command.operative else "Inoperative"
    )
