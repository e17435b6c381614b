"""StopTransaction: charging ended; whatever it says is taken, for an error would make the station repeat it."""

from ohmstead.ocpp.units import wh
from ohmstead.ocpp.v16.samples import read
from ohmstead.ocpp.v16.tags import id_tag_info
from ohmstead.ocpp.v16.types import StopTransactionRequest, StopTransactionResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import ChargeStopped


async def answer(request: StopTransactionRequest, at: Arrival) -> StopTransactionResponse:
    readings, signed = read(request.transaction_data or [], at.received_at, at.units, at.moment, at.note)
    taken = await at.rooms.charge_stopped(
        ChargeStopped(
            charge_point_id=at.charge_point_id,
            transaction_id=request.transaction_id,
            id_tag=request.id_tag or None,
            meter_wh=wh(request.meter_stop, at.units),
            at=at.moment(request.timestamp),
            timed=at.timed(request.timestamp),
            reason=request.reason or None,
            readings=readings,
            signed=signed,
            received_at=at.received_at,
        )
    )
    return StopTransactionResponse(id_tag_info=id_tag_info(taken.verdict) if taken.verdict else None)
