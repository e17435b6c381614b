"""BootNotification: the station started, says what it is and why, and learns whether it is wanted."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v201.transaction_event import forget_ended
from ohmstead.ocpp.v201.types import (
    BootNotificationRequest,
    BootNotificationResponse,
    ModemType,
    RegistrationStatusEnumType,
)
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import Booted

STATUS: dict[str, RegistrationStatusEnumType] = {"accepted": "Accepted", "pending": "Pending", "rejected": "Rejected"}


async def answer(request: BootNotificationRequest, at: Arrival) -> BootNotificationResponse:
    forget_ended(at)
    station = request.charging_station
    modem = station.modem or ModemType()
    verdict = await at.rooms.booted(
        Booted(
            charge_point_id=at.charge_point_id,
            vendor=station.vendor_name,
            model=station.model,
            serial_number=station.serial_number or None,
            firmware_version=station.firmware_version or None,
            iccid=modem.iccid or None,
            imsi=modem.imsi or None,
            reason=request.reason,
            received_at=at.received_at,
        )
    )
    return BootNotificationResponse(
        status=STATUS[verdict.status], interval=verdict.interval_s, current_time=sent(verdict.now)
    )
