"""ReserveNow, CancelReservation, ReservationStatusUpdate: keep an EVSE free for a token, and give it free again."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v201.tokens import card, central
from ohmstead.ocpp.v201.types import (
    CancelReservationRequest,
    ReservationStatusUpdateRequest,
    ReservationStatusUpdateResponse,
    ReserveNowRequest,
)
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import ReservationEnded
from ohmstead.rooms.devices.stations import CancelReservation, ReserveNow


def reserve(command: ReserveNow) -> ReserveNowRequest:
    return ReserveNowRequest(
        id=command.reservation_id,
        expiry_date_time=sent(command.expires_at),
        id_token=card(command.id_tag),
        evse_id=command.evse_network_id or None,
        group_id_token=central(command.parent) if command.parent else None,
    )


def cancel(command: CancelReservation) -> CancelReservationRequest:
    return CancelReservationRequest(reservation_id=command.reservation_id)


async def ended(request: ReservationStatusUpdateRequest, at: Arrival) -> ReservationStatusUpdateResponse:
    """Under a word nobody knows it is gone all the same."""
    await at.rooms.reservation_ended(
        ReservationEnded(
            charge_point_id=at.charge_point_id,
            reservation_id=request.reservation_id,
            how="expired" if request.reservation_update_status == "Expired" else "removed",
            received_at=at.received_at,
        )
    )
    return ReservationStatusUpdateResponse()
