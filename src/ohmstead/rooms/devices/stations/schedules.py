"""Charging profiles and what they add up to, free of any OCPP version."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

ProfilePurpose = Literal["station_max", "transaction_default", "transaction"]


class SchedulePeriod(Struct, frozen=True):
    """From `start_s` seconds after the schedule's start at most `limit` (A a phase, or W in all)."""

    start_s: int
    limit: float
    phases: int | None = None


class ChargingProfile(Struct, frozen=True, kw_only=True):
    """Limits over time: for the whole station, for any transaction, or for one (`transaction_ref`).

    A `dynamic` one has a single period and holds from now on; its limit may be changed by `UpdateDynamicSchedule`. One
    with an `offline_s` ends for good once the station has been offline for so many s. Both are OCPP 2.1 alone."""

    id: int
    stack_level: int
    purpose: ProfilePurpose
    kind: Literal["absolute", "recurring", "relative", "dynamic"]
    unit: Literal["A", "W"]
    periods: tuple[SchedulePeriod, ...]
    duration_s: int | None = None
    starts_at: datetime | None = None
    min_rate: float | None = None
    recurrency: Literal["daily", "weekly"] | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_ref: str | None = None
    offline_s: int | None = None


class CompositeSchedule(Struct, frozen=True, kw_only=True):
    """What profiles add up to, from `starts_at` on: A a phase or W in all."""

    evse_network_id: int
    starts_at: datetime | None
    unit: Literal["A", "W"]
    periods: tuple[SchedulePeriod, ...]
    duration_s: int | None = None
    min_rate: float | None = None
