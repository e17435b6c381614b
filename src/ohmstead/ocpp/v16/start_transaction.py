"""StartTransaction: charging began; it cannot be refused, only given a number and a verdict on its tag."""

from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.units import wh
from ohmstead.ocpp.v16.tags import id_tag_info
from ohmstead.ocpp.v16.types import StartTransactionRequest, StartTransactionResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import ChargeStarted


async def answer(request: StartTransactionRequest, at: Arrival) -> StartTransactionResponse:
    transaction_id, verdict = await at.rooms.charge_started(
        ChargeStarted(
            charge_point_id=at.charge_point_id,
            evse_network_id=request.connector_id,
            id_tag=request.id_tag,
            meter_wh=wh(request.meter_start, at.units),
            at=at.moment(request.timestamp),
            timed=at.timed(request.timestamp),
            reservation_id=request.reservation_id,
            ref=reference(request, at),
            received_at=at.received_at,
        )
    )
    return StartTransactionResponse(transaction_id=transaction_id, id_tag_info=id_tag_info(verdict))


def reference(request: StartTransactionRequest, at: Arrival) -> str:
    """Equal for a start told twice: the message id may change on the way, the payload does not."""
    started = utc(request.timestamp).isoformat() if at.timed(request.timestamp) else "untimed"
    return f"{request.connector_id}/{request.id_tag}/{started}/{request.meter_start}"
