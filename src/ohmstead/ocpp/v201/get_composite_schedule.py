"""GetCompositeSchedule: what all charging profiles add up to, at one EVSE or as EVSE 0 on the whole."""

from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.v201.types import CompositeScheduleType, GetCompositeScheduleRequest, GetCompositeScheduleResponse
from ohmstead.rooms.devices.stations import CompositeSchedule, GetCompositeSchedule, Outcome, SchedulePeriod


def request(command: GetCompositeSchedule) -> GetCompositeScheduleRequest:
    return GetCompositeScheduleRequest(
        evse_id=command.evse_network_id, duration=command.duration_s, charging_rate_unit=command.unit
    )


def outcome(response: GetCompositeScheduleResponse) -> Outcome:
    """A station without any profile may accept and hand back nothing."""
    return Outcome(status=response.status, schedule=_composite(response.schedule) if response.schedule else None)


def _composite(schedule: CompositeScheduleType) -> CompositeSchedule:
    return CompositeSchedule(
        evse_network_id=schedule.evse_id,
        starts_at=utc(schedule.schedule_start),
        unit=schedule.charging_rate_unit,
        periods=tuple(
            SchedulePeriod(one.start_period, one.limit, one.number_phases) for one in schedule.charging_schedule_period
        ),
        duration_s=schedule.duration,
    )
