"""MeterValues: samples of a connector's meter, or as connector 0 of the main meter."""

from ohmstead.ocpp.v16.samples import read
from ohmstead.ocpp.v16.types import MeterValuesRequest, MeterValuesResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import Metered


async def answer(request: MeterValuesRequest, at: Arrival) -> MeterValuesResponse:
    readings, signed = read(request.meter_value, at.received_at, at.units, at.moment, at.note)
    await at.rooms.metered(
        Metered(
            charge_point_id=at.charge_point_id,
            evse_network_id=request.connector_id,
            transaction_id=request.transaction_id,
            readings=readings,
            signed=signed,
            received_at=at.received_at,
        )
    )
    return MeterValuesResponse()
