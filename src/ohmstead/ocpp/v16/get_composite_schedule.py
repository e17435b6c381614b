"""GetCompositeSchedule: what all charging profiles add up to, on one connector or as connector 0 on the whole."""

from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.v16.types import ChargingSchedule, GetCompositeScheduleRequest, GetCompositeScheduleResponse
from ohmstead.rooms.devices.stations import CompositeSchedule, GetCompositeSchedule, Outcome, SchedulePeriod


def request(command: GetCompositeSchedule) -> GetCompositeScheduleRequest:
    return GetCompositeScheduleRequest(
        connector_id=command.evse_network_id, duration=command.duration_s, charging_rate_unit=command.unit
    )


def outcome(response: GetCompositeScheduleResponse) -> Outcome:
    """A station without any profile may accept and hand back nothing."""
    schedule = response.charging_schedule
    return Outcome(status=response.status, schedule=_composite(response, schedule) if schedule else None)


def _composite(response: GetCompositeScheduleResponse, schedule: ChargingSchedule) -> CompositeSchedule:
    starts = response.schedule_start or schedule.start_schedule
    return CompositeSchedule(
        evse_network_id=response.connector_id or 0,
        starts_at=utc(starts) if starts else None,
        unit=schedule.charging_rate_unit,
        periods=tuple(
            SchedulePeriod(one.start_period, one.limit, one.number_phases) for one in schedule.charging_schedule_period
        ),
        duration_s=schedule.duration,
        min_rate=schedule.min_charging_rate,
    )
