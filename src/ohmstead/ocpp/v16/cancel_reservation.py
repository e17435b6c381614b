"""CancelReservation: give a reserved connector free."""

from ohmstead.ocpp.v16.types import CancelReservationRequest
from ohmstead.rooms.devices.stations import CancelReservation


def request(command: CancelReservation) -> CancelReservationRequest:
    return CancelReservationRequest(reservation_id=command.reservation_id)
