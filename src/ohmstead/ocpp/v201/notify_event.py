"""NotifyEvent: states, problems and whatever else of its components a station reports by itself."""

from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.v201.status_notification import STATUS
from ohmstead.ocpp.v201.types import EventDataType, NotifyEventRequest, NotifyEventResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import EventsTold, StationEvent


async def answer(request: NotifyEventRequest, at: Arrival) -> NotifyEventResponse:
    """Each part of a report that comes in parts stands for itself."""
    events = tuple(_event(told, at) for told in request.event_data)
    await at.rooms.events_told(
        EventsTold(charge_point_id=at.charge_point_id, events=events, received_at=at.received_at)
    )
    return NotifyEventResponse()


def _event(told: EventDataType, at: Arrival) -> StationEvent:
    component, variable = told.component, told.variable
    return StationEvent(
        number=told.event_id,
        at=at.moment(told.timestamp),
        said_at=utc(told.timestamp) if at.drift is not None else None,
        component=component.name,
        component_instance=component.instance,
        evse_network_id=component.evse.id if component.evse else 0,
        connector_network_id=component.evse.connector_id if component.evse else None,
        variable=variable.name,
        variable_instance=variable.instance,
        value=told.actual_value,
        trigger=told.trigger,
        kind=told.event_notification_type,
        cleared=bool(told.cleared),
        tech_code=told.tech_code or None,
        tech_info=told.tech_info or None,
        cause=told.cause,
        transaction_ref=told.transaction_id,
        monitor=told.variable_monitoring_id,
        status=STATUS.get(told.actual_value, "unavailable") if variable.name == "AvailabilityState" else None,
    )
