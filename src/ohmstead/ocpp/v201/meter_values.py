"""MeterValues: samples of an EVSE outside or beside its transaction events, or as EVSE 0 of the main meter."""

from ohmstead.ocpp.v201.samples import read
from ohmstead.ocpp.v201.types import MeterValuesRequest, MeterValuesResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import Metered


async def answer(request: MeterValuesRequest, at: Arrival) -> MeterValuesResponse:
    readings, signed = read(request.meter_value, at.received_at, at.units, at.moment)
    await at.rooms.metered(
        Metered(
            charge_point_id=at.charge_point_id,
            evse_network_id=request.evse_id,
            transaction_id=None,
            readings=readings,
            signed=signed,
            received_at=at.received_at,
        )
    )
    return MeterValuesResponse()
