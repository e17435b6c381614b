"""Opening: whether a location is open, by its working hours in its own time zone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ohmstead.kit.db import Row
from ohmstead.rooms.charging.control.orders import Refusal
from ohmstead.rooms.network.locations.hours import Week

CLOSED = Refusal("LOCATION_IS_CLOSED", "Charge point's location is closed")


def closed(hours: Mapping[str, Any], timezone: str | None, user: Row | None, now: datetime) -> Refusal | None:
    """The refusal while a location is closed by its working hours; never for users of the groups that find it always
    open."""
    exempt = set(hours.get("alwaysOpenForUserGroupIds") or ())
    if user is not None and not exempt.isdisjoint(user["user_group_ids"]):
        return None
    return None if is_open(hours, now.astimezone(ZoneInfo(timezone or "UTC"))) else CLOSED


def is_open(hours: Mapping[str, Any], moment: datetime) -> bool:
    """Whether working hours, as stored, hold the location's local moment. A day without intervals is closed."""
    if hours.get("isAlwaysOpen", True):
        return True
    time, day = f"{moment:%H:%M}", Week.__struct_fields__[moment.weekday()]
    intervals = (hours.get("hours") or {}).get(day) or ()
    return any(one["start"] <= time and (time < one["end"] or one["end"] == "00:00") for one in intervals)
