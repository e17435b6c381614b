"""SecurityEventNotification: something happened that security wants to know."""

from ohmstead.ocpp.v16.types import SecurityEventNotificationRequest, SecurityEventNotificationResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import SecurityEvent


async def answer(request: SecurityEventNotificationRequest, at: Arrival) -> SecurityEventNotificationResponse:
    await at.rooms.security_event(
        SecurityEvent(
            charge_point_id=at.charge_point_id,
            type=request.type,
            tech_info=request.tech_info or None,
            at=at.moment(request.timestamp),
            received_at=at.received_at,
        )
    )
    return SecurityEventNotificationResponse()
