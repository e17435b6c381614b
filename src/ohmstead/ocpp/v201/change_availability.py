"""ChangeAvailability: open or close one EVSE, or without one the whole charge point."""

from ohmstead.ocpp.v201.types import ChangeAvailabilityRequest, EVSEType
from ohmstead.rooms.devices.stations import ChangeAvailability


def request(command: ChangeAvailability) -> ChangeAvailabilityRequest:
    return ChangeAvailabilityRequest(
        operational_status="Operative" if command.operative else "Inoperative",
        evse=EVSEType(id=command.evse_network_id) if command.evse_network_id else None,
    )
