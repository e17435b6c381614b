"""GetChargingProfiles and ReportChargingProfiles: the station's own account of the profiles it holds (K09)."""

from typing import Literal, cast

from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.v201.profiles import PURPOSE
from ohmstead.ocpp.v201.types import (
    ChargingProfileCriterionType,
    ChargingProfileType,
    GetChargingProfilesRequest,
    ReportChargingProfilesRequest,
    ReportChargingProfilesResponse,
)
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import ProfilesTold
from ohmstead.rooms.devices.stations import ChargingProfile, GetChargingProfiles, ProfilePurpose, SchedulePeriod

OURS = "CSO"
"""The source of all that the operator of the station lays on it."""
MEANT: dict[str, ProfilePurpose] = {theirs: cast(ProfilePurpose, ours) for ours, theirs in PURPOSE.items()}


def request(command: GetChargingProfiles) -> GetChargingProfilesRequest:
    return GetChargingProfilesRequest(
        request_id=command.request_id, charging_profile=ChargingProfileCriterionType(charging_limit_source=[OURS])
    )


async def answer(request: ReportChargingProfilesRequest, at: Arrival) -> ReportChargingProfilesResponse:
    """Of what others laid on it we are told otherwise."""
    ours = request.charging_limit_source == OURS
    await at.rooms.profiles_told(
        ProfilesTold(
            charge_point_id=at.charge_point_id,
            request_id=request.request_id,
            evse_network_id=request.evse_id,
            profiles=tuple(_profile(one) for one in request.charging_profile if ours and _is_known(one)),
            more=bool(request.tbc),
            received_at=at.received_at,
        )
    )
    return ReportChargingProfilesResponse()


def _is_known(told: ChargingProfileType) -> bool:
    return told.charging_profile_purpose in MEANT and bool(told.charging_schedule)


def _profile(told: ChargingProfileType) -> ChargingProfile:
    """With its first schedule: we lay no other, and only vehicles of ISO 15118 choose among several."""
    schedule = told.charging_schedule[0]
    return ChargingProfile(
        id=told.id,
        stack_level=told.stack_level,
        purpose=MEANT[told.charging_profile_purpose],
        kind=cast(Literal["absolute", "recurring", "relative"], told.charging_profile_kind.lower()),
        unit=schedule.charging_rate_unit,
        periods=tuple(
            SchedulePeriod(one.start_period, one.limit, one.number_phases) for one in schedule.charging_schedule_period
        ),
        duration_s=schedule.duration,
        starts_at=utc(schedule.start_schedule) if schedule.start_schedule else None,
        min_rate=schedule.min_charging_rate,
        recurrency=cast(Literal["daily", "weekly"], told.recurrency_kind.lower()) if told.recurrency_kind else None,
        valid_from=utc(told.valid_from) if told.valid_from else None,
        valid_to=utc(told.valid_to) if told.valid_to else None,
        transaction_ref=told.transaction_id,
    )
