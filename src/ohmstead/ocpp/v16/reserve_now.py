"""ReserveNow: keep a connector free for a tag until a moment."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v16.types import ReserveNowRequest
from ohmstead.rooms.devices.stations import ReserveNow


def request(command: ReserveNow) -> ReserveNowRequest:
    return ReserveNowRequest(
        connector_id=command.evse_network_id,
        expiry_date=sent(command.expires_at),
        id_tag=command.id_tag,
        reservation_id=command.reservation_id,
        parent_id_tag=command.parent,
    )
