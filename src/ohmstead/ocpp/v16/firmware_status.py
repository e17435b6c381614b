"""FirmwareStatusNotification and SignedFirmwareStatusNotification: how far an update is."""

from ohmstead.ocpp.v16.types import (
    FirmwareStatusNotificationRequest,
    FirmwareStatusNotificationResponse,
    SignedFirmwareStatusNotificationRequest,
    SignedFirmwareStatusNotificationResponse,
)
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import FirmwareStatus


async def plain(request: FirmwareStatusNotificationRequest, at: Arrival) -> FirmwareStatusNotificationResponse:
    await at.rooms.firmware_status(_fact(request.status, None, at))
    return FirmwareStatusNotificationResponse()


async def signed(
    request: SignedFirmwareStatusNotificationRequest, at: Arrival
) -> SignedFirmwareStatusNotificationResponse:
    await at.rooms.firmware_status(_fact(request.status, request.request_id, at))
    return SignedFirmwareStatusNotificationResponse()


def _fact(status: str, request_id: int | None, at: Arrival) -> FirmwareStatus:
    return FirmwareStatus(
        charge_point_id=at.charge_point_id, status=status, request_id=request_id, received_at=at.received_at
    )
