"""NotifyChargingLimit and ClearedChargingLimit: somebody else limits the station, or does so no longer (K11 to K14)."""

from datetime import datetime

from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.v201.types import (
    ChargingScheduleType,
    ClearedChargingLimitRequest,
    ClearedChargingLimitResponse,
    NotifyChargingLimitRequest,
    NotifyChargingLimitResponse,
)
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import LimitCleared, LimitTold
from ohmstead.rooms.devices.stations import ChargingProfile, SchedulePeriod


async def told(request: NotifyChargingLimitRequest, at: Arrival) -> NotifyChargingLimitResponse:
    limit = request.charging_limit
    await at.rooms.limit_told(
        LimitTold(
            charge_point_id=at.charge_point_id,
            evse_network_id=request.evse_id or 0,
            source=limit.charging_limit_source,
            grid_critical=bool(limit.is_grid_critical),
            schedules=tuple(_profile(one, at.received_at) for one in request.charging_schedule or ()),
            received_at=at.received_at,
        )
    )
    return NotifyChargingLimitResponse()


async def cleared(request: ClearedChargingLimitRequest, at: Arrival) -> ClearedChargingLimitResponse:
    await at.rooms.limit_cleared(
        LimitCleared(
            charge_point_id=at.charge_point_id,
            evse_network_id=request.evse_id,
            source=request.charging_limit_source,
            received_at=at.received_at,
        )
    )
    return ClearedChargingLimitResponse()


def _profile(schedule: ChargingScheduleType, received_at: datetime) -> ChargingProfile:
    """A schedule that names no start has begun."""
    return ChargingProfile(
        id=schedule.id,
        stack_level=0,
        purpose="station_max",
        kind="absolute",
        unit=schedule.charging_rate_unit,
        periods=tuple(
            SchedulePeriod(one.start_period, one.limit, one.number_phases) for one in schedule.charging_schedule_period
        ),
        duration_s=schedule.duration,
        starts_at=utc(schedule.start_schedule) if schedule.start_schedule else received_at,
    )
