"""Working hours: when a location is open, day by day, in its own time zone."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct

from ohmstead.kit.views import Opt, View

DAY = 24 * 60  # min

Time = Annotated[
    str,
    Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", description="HH:MM."),
]


class Interval(Struct):
    """Open from `start` to `end` of the same day; an `end` of 00:00 is midnight."""

    start: Time
    end: Time


class Week(Struct):
    """The open intervals of each day; a day without any is closed."""

    monday: Opt[list[Interval]] = UNSET
    tuesday: Opt[list[Interval]] = UNSET
    wednesday: Opt[list[Interval]] = UNSET
    thursday: Opt[list[Interval]] = UNSET
    friday: Opt[list[Interval]] = UNSET
    saturday: Opt[list[Interval]] = UNSET
    sunday: Opt[list[Interval]] = UNSET


AlwaysOpen = Annotated[bool, Meta(description="Open day and night; `hours` then count for nothing and are not kept.")]
Stops = Annotated[bool, Meta(description="End a session that runs on when the location closes for its user.")]
Groups = Annotated[list[int], Meta(description="The user groups for whose users the location never closes.")]
Hours = Annotated[Week, Meta(description="In the location's time zone; required unless the location is always open.")]


class WorkingHours(View):
    is_always_open: Opt[AlwaysOpen] = UNSET
    stop_session_outside_working_hours: Opt[Stops | None] = UNSET
    always_open_for_user_group_ids: Opt[Groups | None] = UNSET
    hours: Opt[Hours | None] = UNSET


def settled(given: WorkingHours, before: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored: the given members over those from before, in API names; hours given alone mean `not always`."""
    changes = msgspec.to_builtins(given)
    if changes.get("hours") is not None:
        changes.setdefault("isAlwaysOpen", False)
    whole = {"isAlwaysOpen": True, **before, **changes}
    if whole["isAlwaysOpen"]:
        whole.pop("hours", None)
    return whole


def objections(hours: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Path (below the working hours) and text of all that is wrong with settled hours."""
    if hours["isAlwaysOpen"]:
        return
    if hours.get("hours") is None:
        yield "hours", "The hours field is required when the location is not always open."
    for day, intervals in (hours.get("hours") or {}).items():
        spans = [(_minute(one["start"]), _minute(one["end"]) or DAY) for one in intervals]
        for number, (start, end) in enumerate(spans):
            if end <= start:
                yield f"hours.{day}.{number}.end", "The end must be after the start."
        ordered = sorted(spans)
        if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
            yield f"hours.{day}", f"The intervals of {day} may not overlap."


def _minute(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)
