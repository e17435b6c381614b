"""StatusNotification: a connector, or as connector 0 the charge point itself, says what state it is in."""

from ohmstead.ocpp.v16.types import StatusNotificationRequest, StatusNotificationResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import StatusChanged
from ohmstead.rooms.network.hardware_status import HardwareStatus

STATUS: dict[str, HardwareStatus] = {
    "available": "available",
    "preparing": "preparing",
    "charging": "charging",
    "suspendedev": "suspendedEV",
    "suspendedevse": "suspendedEVSE",
    "finishing": "finishing",
    "reserved": "reserved",
    "unavailable": "unavailable",
    "faulted": "faulted",
    "occupied": "occupied",
}
NO_ERROR = "NoError"


async def answer(request: StatusNotificationRequest, at: Arrival) -> StatusNotificationResponse:
    await at.rooms.status_changed(
        StatusChanged(
            charge_point_id=at.charge_point_id,
            evse_network_id=request.connector_id,
            status=status(request.status),
            error_code=None if request.error_code in (NO_ERROR, "") else request.error_code,
            vendor_error_code=request.vendor_error_code or None,
            vendor_id=request.vendor_id or None,
            info=request.info or None,
            at=at.moment(request.timestamp or at.received_at),
            received_at=at.received_at,
        )
    )
    return StatusNotificationResponse()


def status(word: str) -> HardwareStatus:
    """The state meant, whatever its case and separators; under a word nobody knows it cannot be offered."""
    return STATUS.get("".join(filter(str.isalpha, word)).lower(), "unavailable")
