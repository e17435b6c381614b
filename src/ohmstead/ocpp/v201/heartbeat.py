"""Heartbeat: a sign of life, answered with the time."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v201.types import HeartbeatRequest, HeartbeatResponse
from ohmstead.ocpp.versions import Arrival


async def answer(request: HeartbeatRequest, at: Arrival) -> HeartbeatResponse:
    await at.rooms.heard(at.charge_point_id)
    return HeartbeatResponse(current_time=sent(at.clock.now()))
