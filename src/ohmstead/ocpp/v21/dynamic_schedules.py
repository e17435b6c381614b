"""UpdateDynamicSchedule and PullDynamicScheduleUpdate: a dynamic profile gets another limit (K28)."""

from ohmstead.ocpp.profile_words import tenths
from ohmstead.ocpp.v21.types import (
    ChargingScheduleUpdateType,
    PullDynamicScheduleUpdateRequest,
    PullDynamicScheduleUpdateResponse,
    UpdateDynamicScheduleRequest,
)
from ohmstead.ocpp.v201.types import StatusInfoType
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.stations import UpdateDynamicSchedule


def update(command: UpdateDynamicSchedule) -> UpdateDynamicScheduleRequest:
    """As in a schedule's period, the limit is A on each phase, or W in all."""
    return UpdateDynamicScheduleRequest(
        charging_profile_id=command.profile_id, schedule_update=ChargingScheduleUpdateType(limit=tenths(command.limit))
    )


async def pulled(request: PullDynamicScheduleUpdateRequest, at: Arrival) -> PullDynamicScheduleUpdateResponse:
    """There never is anything to pull: each change is sent at once. An answer with a limit could meet a lower one that
    is on its way, and be in force after it."""
    why = StatusInfoType(reason_code="NoUpdate", additional_info="Each change is sent by UpdateDynamicSchedule.")
    return PullDynamicScheduleUpdateResponse(status="Rejected", status_info=why)
