"""What vehicles ask for through their station (ISO 15118): contracts cannot be had that way, for the request and its
answer are EXI, which is not read or written here; who makes the vehicle gets what was issued for it.

A vehicle that may not charge by its contract then goes on with a card. What schedule it makes of our limits is its own
affair, and kept in the communication log.
"""

from ohmstead.ocpp.v201.types import (
    Get15118EVCertificateRequest,
    Get15118EVCertificateResponse,
    NotifyEVChargingScheduleRequest,
    NotifyEVChargingScheduleResponse,
    StatusInfoType,
)
from ohmstead.ocpp.versions import Arrival

NO_PROVIDER = StatusInfoType(
    reason_code="NoProvider", additional_info="Contract certificates are not handed out through charge points."
)


async def ev_certificate(request: Get15118EVCertificateRequest, at: Arrival) -> Get15118EVCertificateResponse:
    return Get15118EVCertificateResponse(status="Failed", exi_response="", status_info=NO_PROVIDER)


async def charging_schedule(request: NotifyEVChargingScheduleRequest, at: Arrival) -> NotifyEVChargingScheduleResponse:
    return NotifyEVChargingScheduleResponse(status="Accepted")
