"""DiagnosticsStatusNotification and LogStatusNotification: how far an upload is."""

from ohmstead.ocpp.v16.types import (
    DiagnosticsStatusNotificationRequest,
    DiagnosticsStatusNotificationResponse,
    LogStatusNotificationRequest,
    LogStatusNotificationResponse,
)
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import LogStatus


async def diagnostics(
    request: DiagnosticsStatusNotificationRequest, at: Arrival
) -> DiagnosticsStatusNotificationResponse:
    await at.rooms.log_status(
        LogStatus(
            charge_point_id=at.charge_point_id,
            kind="diagnostics",
            status=request.status,
            request_id=None,
            received_at=at.received_at,
        )
    )
    return DiagnosticsStatusNotificationResponse()


async def log(request: LogStatusNotificationRequest, at: Arrival) -> LogStatusNotificationResponse:
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
