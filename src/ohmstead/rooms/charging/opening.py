"""Opening: whether a location is open, by its working hours in its own time zone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ohmstead.kit.db import Row
from ohmstead.rooms.network.locations.hours import Week


def is_closed(hours: Mapping[str, Any], timezone: str | None, user: Row | None, at: datetime) -> bool:
    """Whether a location is closed at a moment by its working hours; never to users of the groups that find it always
    open."""
    exempt = set(hours.get("alwaysOpenForUserGroupIds") or ())
    if user is not None and not exempt.isdisjoint(user["user_group_ids"]):
        return False
    return not is_open(hours, at.astimezone(ZoneInfo(timezone or "UTC")))


def is_open(hours: Mapping[str, Any], moment: datetime) -> bool:
    """Whether working hours, as stored, hold the location's local moment. A day without intervals is closed."""
    if hours.get("isAlwaysOpen", True):
        return True
    time, day = f"{moment:%H:%M}", Week.__struct_fields__[moment.weekday()]
    intervals = (hours.get("hours") or {}).get(day) or ()
    return any(one["start"] <= time and (time < one["end"] or one["end"] == "00:00") for one in intervals)
