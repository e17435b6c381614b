"""Payloads of OCPP 2.1 as structs, as far as they are spoken and 2.0.1 has others."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from ohmstead.ocpp.message import Instant, Message, Whole
from ohmstead.ocpp.v201 import types as v201

ChargingProfileKindEnumType = Literal["Absolute", "Recurring", "Relative", "Dynamic"]


class ChargingProfileType(v201.ChargingProfileType, frozen=True):
    """`ChargingProfileType` of the standard."""

    charging_profile_kind: ChargingProfileKindEnumType
    max_offline_duration: Whole | None = None
    invalid_after_offline_duration: bool | None = None
    dyn_update_interval: Whole | None = None
    dyn_update_time: Instant | None = None


class SetChargingProfileRequest(v201.SetChargingProfileRequest, frozen=True):
    """`SetChargingProfileRequest` of the standard."""

    charging_profile: ChargingProfileType


class ReportChargingProfilesRequest(v201.ReportChargingProfilesRequest, frozen=True):
    """`ReportChargingProfilesRequest` of the standard."""

    charging_profile: Annotated[list[ChargingProfileType], Meta(min_length=1)]


class V2XChargingParametersType(Message, frozen=True):
    """`V2XChargingParametersType` of the standard, of which only what a vehicle wants to have is read."""

    custom_data: Any | None = None
    ev_target_energy_request: float | None = None


class ChargingNeedsType(v201.ChargingNeedsType, frozen=True):
    """`ChargingNeedsType` of the standard, without offers to discharge."""

    v2x_charging_parameters: V2XChargingParametersType | None = None


class NotifyEVChargingNeedsRequest(v201.NotifyEVChargingNeedsRequest, frozen=True):
    """`NotifyEVChargingNeedsRequest` of the standard."""

    charging_needs: ChargingNeedsType
    timestamp: Instant | None = None


class ChargingScheduleUpdateType(Message, frozen=True):
    """`ChargingScheduleUpdateType` of the standard, without what is for vehicles that discharge."""

    custom_data: Any | None = None
    limit: float | None = None


class UpdateDynamicScheduleRequest(Message, frozen=True):
    """`UpdateDynamicScheduleRequest` of the standard."""

    charging_profile_id: Whole
    schedule_update: ChargingScheduleUpdateType
    custom_data: Any | None = None


class UpdateDynamicScheduleResponse(Message, frozen=True):
    """`UpdateDynamicScheduleResponse` of the standard."""

    status: v201.ChargingProfileStatusEnumType
    custom_data: Any | None = None
    status_info: v201.StatusInfoType | None = None


class PullDynamicScheduleUpdateRequest(Message, frozen=True):
    """`PullDynamicScheduleUpdateRequest` of the standard."""

    charging_profile_id: Whole
    custom_data: Any | None = None


class PullDynamicScheduleUpdateResponse(Message, frozen=True):
    """`PullDynamicScheduleUpdateResponse` of the standard."""

    status: v201.ChargingProfileStatusEnumType
    custom_data: Any | None = None
    schedule_update: ChargingScheduleUpdateType | None = None
    status_info: v201.StatusInfoType | None = None


ACTIONS: dict[str, tuple[type[Message], type[Message]]] = {
    "NotifyEVChargingNeeds": (NotifyEVChargingNeedsRequest, v201.NotifyEVChargingNeedsResponse),
    "PullDynamicScheduleUpdate": (PullDynamicScheduleUpdateRequest, PullDynamicScheduleUpdateResponse),
    "ReportChargingProfiles": (ReportChargingProfilesRequest, v201.ReportChargingProfilesResponse),
    "SetChargingProfile": (SetChargingProfileRequest, v201.SetChargingProfileResponse),
    "UpdateDynamicSchedule": (UpdateDynamicScheduleRequest, UpdateDynamicScheduleResponse),
}
"""Request and response."""
