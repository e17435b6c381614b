"""NotifyReport: a part of a report, the station's variables with their values."""

from collections.abc import Iterator

from ohmstead.ocpp.v201.types import NotifyReportRequest, NotifyReportResponse, ReportDataType
from ohmstead.ocpp.v201.variables import setting
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import SettingsTold
from ohmstead.rooms.devices.stations import Setting


async def answer(request: NotifyReportRequest, at: Arrival) -> NotifyReportResponse:
    """A report without data says that there is nothing to report."""
    settings = tuple(found for told in request.report_data or () for found in _settings(told))
    more = bool(request.tbc)
    if settings or not more:
        await at.rooms.settings_told(
            SettingsTold(charge_point_id=at.charge_point_id, settings=settings, more=more, received_at=at.received_at)
        )
    return NotifyReportResponse()


def _settings(told: ReportDataType) -> Iterator[Setting]:
    """The actual value and the highest there may be; targets are in the communication log."""
    known = told.variable_characteristics
    most = known.max_limit if known else None
    for attribute in told.variable_attribute:
        if attribute.type in (None, "Actual"):
            yield setting(
                told.component,
                told.variable,
                attribute.value,
                readonly=attribute.mutability == "ReadOnly",
                max_limit=most,
            )
