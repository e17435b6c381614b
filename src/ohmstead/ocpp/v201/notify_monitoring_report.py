"""NotifyMonitoringReport: a part of a report, what the station watches by itself."""

from collections.abc import Iterator

from ohmstead.ocpp.v201.types import MonitoringDataType, NotifyMonitoringReportRequest, NotifyMonitoringReportResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import MonitorsTold, StationMonitor


async def answer(request: NotifyMonitoringReportRequest, at: Arrival) -> NotifyMonitoringReportResponse:
    """A report without monitors says that there are none."""
    monitors = tuple(found for told in request.monitor or () for found in _monitors(told))
    if monitors:
        await at.rooms.monitors_told(
            MonitorsTold(charge_point_id=at.charge_point_id, monitors=monitors, received_at=at.received_at)
        )
    return NotifyMonitoringReportResponse()


def _monitors(told: MonitoringDataType) -> Iterator[StationMonitor]:
    component, variable = told.component, told.variable
    for one in told.variable_monitoring:
        yield StationMonitor(
            number=one.id,
            component=component.name,
            component_instance=component.instance,
            evse_network_id=component.evse.id if component.evse else 0,
            connector_network_id=component.evse.connector_id if component.evse else None,
            variable=variable.name,
            variable_instance=variable.instance,
            kind=one.type,
            value=one.value,
            severity=one.severity,
        )
