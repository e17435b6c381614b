"""StatusNotification: a connector, or as EVSE 0 the charge point itself, says what state it is in."""

from datetime import datetime

from ohmstead.ocpp.v201.types import StatusNotificationRequest, StatusNotificationResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import Basis, StatusChanged
from ohmstead.rooms.network.hardware_status import HardwareStatus

STATUS: dict[str, HardwareStatus] = {
    "Available": "available",
    "Occupied": "occupied",
    "Reserved": "reserved",
    "Unavailable": "unavailable",
    "Faulted": "faulted",
}


async def answer(request: StatusNotificationRequest, at: Arrival) -> StatusNotificationResponse:
    """Under a word nobody knows it cannot be offered."""
    status = STATUS.get(request.connector_status, "unavailable")
    await at.rooms.status_changed(changed(at, request.evse_id, status, at.moment(request.timestamp)))
    return StatusNotificationResponse()


def changed(
    at: Arrival, evse: int, status: HardwareStatus, when: datetime, basis: Basis = "availability"
) -> StatusChanged:
    """A 2.0.1 station tells of errors by NotifyEvent, not with its status."""
    return StatusChanged(
        charge_point_id=at.charge_point_id,
        evse_network_id=evse,
        status=status,
        error_code=None,
        vendor_error_code=None,
        vendor_id=None,
        info=None,
        at=when,
        received_at=at.received_at,
        basis=basis,
    )
