"""What preferences mean as a goal of each charge."""

from collections.abc import Mapping
from datetime import time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ohmstead.engines.charging_goal import Goal, Hours, Windows
from ohmstead.engines.wall_clock import minutes

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def goal_of(wanted: Mapping[str, Any], details: Mapping[str, Any], zone: ZoneInfo) -> Goal | None:
    """The goal of preferences as they are kept, for a charge point with these smart-charging details; None where they
    plan nothing."""
    preferences = wanted.get("preferences") or {}
    if not preferences:
        return None
    target = preferences.get("targetCharge") or {}
    fixed = target.get("targetChargeKwh")
    most = target.get("maxTargetChargeKwh", fixed)
    leaves, threshold = target.get("departureTime"), preferences.get("priceThreshold")
    prepares = target.get("preconditioningTime", details.get("preconditioningTime") or 0)
    return Goal(
        zone,
        windows=_windows(preferences) if "startTime" in preferences else None,
        departure=None if leaves is None else time.fromisoformat(leaves),
        preconditioning=timedelta(minutes=prepares),
        least_wh=1000 * target.get("minTargetChargeKwh", fixed or 0.0),
        most_wh=None if most is None else 1000 * most,
        threshold=None if threshold is None else Decimal(str(threshold)),
        lowest_price=wanted["type"] == "octopus_go" and threshold is None,
    )


def _windows(preferences: Mapping[str, Any]) -> Windows:
    days = preferences.get("weekDays") or ()
    return Windows(_hours(preferences), {_DAYS.index(day): [_hours(one)] for one in days for day in one["days"]})


def _hours(window: Mapping[str, Any]) -> Hours:
    return minutes(window["startTime"]), minutes(window["endTime"])
