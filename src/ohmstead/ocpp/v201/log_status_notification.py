"""LogStatusNotification: how far an upload is."""

from ohmstead.ocpp.v201.types import LogStatusNotificationRequest, LogStatusNotificationResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import LogStatus


async def answer(request: LogStatusNotificationRequest, at: Arrival) -> LogStatusNotificationResponse:
    await at.rooms.log_status(
        LogStatus(
            charge_point_id=at.charge_point_id,
            kind=None,
            status=request.status,
            request_id=request.request_id,
            received_at=at.received_at,
        )
    )
    return LogStatusNotificationResponse()
