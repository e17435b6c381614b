"""Opening: whether a location is open, by its working hours in its own time zone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.control.orders import Refusal
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.network.locations.hours import Week

CLOSED = Refusal("LOCATION_IS_CLOSED", "Charge point's location is closed")

_HOURS = Statement(
    select(location.c.working_hours, location.c.timezone)
    .join(charge_point, charge_point.c.location_id == location.c.id)
    .where(charge_point.c.id == bindparam("point"))
)


async def closed(tx: Tx, there: Row, user: Row | None) -> Refusal | None:
    """The refusal while the EVSE's location is closed; never for users of the groups that find it always open."""
    row = await tx.one(_HOURS, point=there["charge_point_id"])
    if row is None:
        return None
    exempt = set(row["working_hours"].get("alwaysOpenForUserGroupIds") or ())
    if user is not None and not exempt.isdisjoint(user["user_group_ids"]):
        return None
    return None if is_open(row["working_hours"], tx.now.astimezone(ZoneInfo(row["timezone"] or "UTC"))) else CLOSED


def is_open(hours: Mapping[str, Any], moment: datetime) -> bool:
    """Whether working hours, as stored, hold the location's local moment. A day without intervals is closed."""
    if hours.get("isAlwaysOpen", True):
        return True
    time, day = f"{moment:%H:%M}", Week.__struct_fields__[moment.weekday()]
    intervals = (hours.get("hours") or {}).get(day) or ()
    return any(one["start"] <= time and (time < one["end"] or one["end"] == "00:00") for one in intervals)
