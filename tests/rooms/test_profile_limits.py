"""What charging profiles allow at a moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ohmstead.rooms.devices.profiles.limits import borders, most
from ohmstead.rooms.devices.stations import ChargingProfile, SchedulePeriod

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEGAN = NOON - timedelta(minutes=10)


def profile(limit: Any = 16, **fields: Any) -> ChargingProfile:
    usual: dict[str, Any] = {"id": 1, "stack_level": 0, "purpose": "transaction_default", "kind": "absolute"}
    schedule = {"unit": "A", "periods": (SchedulePeriod(0, limit),), "starts_at": NOON - timedelta(hours=1)}
    return ChargingProfile(**usual | schedule | fields)


def amps(*profiles: ChargingProfile, at: datetime = NOON, phases: int = 3) -> float | None:
    return most(profiles, at, BEGAN, 230, phases)


DAILY: dict[str, Any] = {"kind": "recurring", "recurrency": "daily"}
WEEKLY: dict[str, Any] = DAILY | {"recurrency": "weekly"}
STEPS = (SchedulePeriod(0, 16), SchedulePeriod(600, 8))


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        (profile(), 16),
        (profile(starts_at=NOON + timedelta(seconds=1)), None),
        (profile(duration_s=3600), None),
        (profile(duration_s=3601), 16),
        (profile(valid_from=NOON + timedelta(seconds=1)), None),
        (profile(valid_to=NOON), None),
        (profile(valid_from=NOON, valid_to=NOON + timedelta(seconds=1)), 16),
        (profile(periods=STEPS), 8),
        (profile(periods=STEPS, kind="relative", starts_at=None), 8),
        (profile(periods=STEPS, starts_at=NOON - timedelta(seconds=599)), 16),
        (profile(periods=STEPS, starts_at=NOON - timedelta(days=9, minutes=9), **DAILY), 16),
        (profile(periods=STEPS, starts_at=NOON - timedelta(days=9, minutes=11), **DAILY), 8),
        (profile(duration_s=60, starts_at=NOON - timedelta(days=8), **WEEKLY), None),
        (profile(duration_s=60, starts_at=NOON - timedelta(days=14), **WEEKLY), 16),
        (profile(6900, unit="W"), 10),
    ],
)
def test_a_profile_speaks_of_its_own_time(given: ChargingProfile, limit: float | None) -> None:
    assert amps(given) == limit


def test_watts_are_shared_by_the_phases_there_are() -> None:
    assert amps(profile(2300, unit="W"), phases=1) == 10
    assert amps(profile(unit="W", periods=(SchedulePeriod(0, 2300, 1),))) == 10


def test_the_first_that_speaks_holds_for_its_purpose_and_the_least_of_all_purposes() -> None:
    assert amps() is None
    over = profile(valid_to=NOON)
    assert amps(over, profile(20), profile(6)) == 20
    assert amps(profile(20), profile(10, purpose="station_max")) == 10
    assert amps(profile(20), profile(25, purpose="station_max")) == 20


def test_a_sessions_own_stands_in_for_the_default() -> None:
    assert amps(profile(6), profile(20, purpose="transaction")) == 20


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        (profile(), []),
        (profile(starts_at=NOON), [0]),
        (profile(periods=STEPS, starts_at=NOON - timedelta(minutes=5), duration_s=1200), [5, 15]),
        (profile(periods=STEPS, kind="relative", starts_at=None), [0]),
        (profile(periods=STEPS, starts_at=NOON - timedelta(days=3, minutes=5), **DAILY), [5, 1435, 1445, 2875, 2885]),
        (profile(valid_from=NOON + timedelta(minutes=3), valid_to=NOON + timedelta(days=2)), [3]),
    ],
)
def test_the_moments_at_which_a_profile_may_say_something_else(given: ChargingProfile, minutes: list[int]) -> None:
    found = borders(given, NOON, NOON + timedelta(days=2, minutes=6), BEGAN)
    assert [(one - NOON) / timedelta(minutes=1) for one in found if one != NOON + timedelta(days=2)] == minutes
