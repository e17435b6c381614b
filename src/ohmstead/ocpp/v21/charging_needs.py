"""NotifyEVChargingNeeds: beside what 2.0.1 tells, since when a vehicle waits where the station was offline, and what
vehicles of ISO 15118-20 want."""

from msgspec.structs import replace

from ohmstead.ocpp.v21.types import NotifyEVChargingNeedsRequest
from ohmstead.ocpp.v201.charging_needs import answered, energy, told
from ohmstead.ocpp.v201.types import NotifyEVChargingNeedsResponse
from ohmstead.ocpp.versions import Arrival


async def answer(request: NotifyEVChargingNeedsRequest, at: Arrival) -> NotifyEVChargingNeedsResponse:
    needs, more = told(request, at), request.charging_needs.v2x_charging_parameters
    asked_at = None if request.timestamp is None else min(at.moment(request.timestamp), at.received_at)
    wanted = energy(needs.energy_wh, more and more.ev_target_energy_request)
    return answered(await at.rooms.needs_told(replace(needs, asked_at=asked_at, energy_wh=wanted)))
