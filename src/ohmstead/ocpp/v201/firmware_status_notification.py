"""FirmwareStatusNotification: how far an update is."""

from ohmstead.ocpp.v201.types import FirmwareStatusNotificationRequest, FirmwareStatusNotificationResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import FirmwareStatus


async def answer(request: FirmwareStatusNotificationRequest, at: Arrival) -> FirmwareStatusNotificationResponse:
    await at.rooms.firmware_status(
        FirmwareStatus(
            charge_point_id=at.charge_point_id,
            status=request.status,
            request_id=request.request_id,
            received_at=at.received_at,
        )
    )
    return FirmwareStatusNotificationResponse()
