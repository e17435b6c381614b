"""BootNotification: the station started, says what it is, and learns whether it is wanted and what time it is."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v16.types import BootNotificationRequest, BootNotificationResponse, BootNotificationStatus
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import Booted

STATUS: dict[str, BootNotificationStatus] = {"accepted": "Accepted", "pending": "Pending", "rejected": "Rejected"}


async def answer(request: BootNotificationRequest, at: Arrival) -> BootNotificationResponse:
    verdict = await at.rooms.booted(
        Booted(
            charge_point_id=at.charge_point_id,
            vendor=request.charge_point_vendor,
            model=request.charge_point_model,
            serial_number=request.charge_point_serial_number or None,
            box_serial_number=request.charge_box_serial_number or None,
            firmware_version=request.firmware_version or None,
            iccid=request.iccid or None,
            imsi=request.imsi or None,
            meter_type=request.meter_type or None,
            meter_serial_number=request.meter_serial_number or None,
            received_at=at.received_at,
        )
    )
    return BootNotificationResponse(
        status=STATUS[verdict.status], interval=verdict.interval_s, current_time=sent(verdict.now)
    )
