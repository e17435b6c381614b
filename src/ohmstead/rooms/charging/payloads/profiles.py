"""The payload of a charging profile that was taken."""

from typing import Any, Literal

from msgspec import UNSET

from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.durable_facts import ChargingProfileApplied
from ohmstead.rooms.devices.profiles.given import Kind, Purpose
from ohmstead.rooms.operator.contents import Moment


class AppliedPeriod(View):
    start_period: Opt[int] = UNSET
    limit: Opt[float] = UNSET
    number_phases: Opt[int] = UNSET


class AppliedProfile(View):
    """A profile as the station took it; limits are in the unit it names, times in s."""

    id: Opt[int] = UNSET
    min_charging_rate: Opt[float | None] = UNSET
    schedule_periods: Opt[list[AppliedPeriod] | None] = UNSET
    schedule_start: Opt[Moment | None] = UNSET
    charging_rate_unit: Opt[Literal["A", "W"]] = UNSET
    stack_level: Opt[int] = UNSET
    charging_profile_kind: Opt[Kind] = UNSET
    recurrency_kind: Opt[Literal["daily", "weekly"] | None] = UNSET
    charging_complete_at: Opt[Moment | None] = UNSET
    purpose: Opt[Purpose] = UNSET
    valid_to: Opt[Moment | None] = UNSET
    valid_from: Opt[Moment | None] = UNSET
    duration: Opt[int | None] = UNSET


class ProfileAppliedPayload(View):
    charge_point_id: int
    evse_id: int | None
    session_id: int | None
    charging_profile: AppliedProfile
    applied_at: Moment


def profile_applied(fact: ChargingProfileApplied, at: str) -> ProfileAppliedPayload:
    """The fact has the profile as it is shown."""
    profile: Any = fact.charging_profile
    return ProfileAppliedPayload(
        charge_point_id=fact.charge_point_id,
        evse_id=fact.evse_id,
        session_id=fact.session_id,
        charging_profile=profile,
        applied_at=fact.applied_at,
    )
