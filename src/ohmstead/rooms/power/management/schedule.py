"""Time-of-day ceilings: the most a charge point may take in each hour of the week, in its location's time."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def ceiling(details: dict[str, Any], now: datetime, zone: ZoneInfo) -> float | None:
    """A per line at `now` by the smart-charging details; None where nothing but the rating binds.

    Mode `tod`: the hour's maxCurrent, else the default; other modes: the default."""
    default = details.get("defaultChargePointMaxCurrent")
    if details.get("mode") != "tod":
        return default
    local = now.astimezone(zone)
    hour = f"{local.hour:02d}:00"
    for period in details.get("periods") or ():
        if period["weekDay"] in ("all", _DAYS[local.weekday()]):
            for element in period["elements"]:
                if element["startAt"][:5] == hour and element.get("maxCurrent") is not None:
                    return element["maxCurrent"]
    return default
