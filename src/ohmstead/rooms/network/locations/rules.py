"""The rules a location's row keeps, whichever version writes it."""

from functools import cache
from zoneinfo import available_timezones

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Statement
from ohmstead.kit.errors import Conflict
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.locations.hours import objections, settled
from ohmstead.rooms.network.locations.resource import locations
from ohmstead.rooms.network.locations.row import location
from ohmstead.rooms.operator.places import STATES, a_country_has_states_or_regions
from ohmstead.rooms.people.user_groups import hold, user_groups

_EXEMPTS = Statement(
    select(location.c.id)
    .where(location.c.working_hours.contains(bindparam("named", type_=JSONB)), location.c.deleted_at.is_(None))
    .limit(1)
)

locations.writing(a_country_has_states_or_regions)


@locations.writing
async def version_1_gives_states_and_regions_in_one_field(write: Write) -> None:
    """Only in the US and Australia it must be a state's code."""
    if "province" in write.values:
        country, province = write.value_of("country"), write.values.pop("province")
        known = province in STATES.get(country, ())
        if not known and country in ("US", "AU"):
            write.add_error("state", "The selected region is invalid.")
        write.values |= {"state": province if known else None, "region": None if known else province}


@locations.rule
async def a_time_zone_is_known(write: Write) -> None:
    zone = write.values.get("timezone")
    if zone is not None and zone not in _time_zones():
        write.add_error("timezone", "The timezone must be a valid zone.")


@cache
def _time_zones() -> set[str]:
    return available_timezones()


@locations.writing
async def hours_are_whole(write: Write) -> None:
    if (given := write.values.get("working_hours")) is not None:
        hours = settled(given, write.before["working_hours"] if write.before else {})
        write.values["working_hours"] = hours
        for path, text in objections(hours):
            write.add_error(f"workingHours.{path}", text)


@locations.writing
async def lists_name_each_once(write: Write) -> None:
    for name in ("access_methods", "facilities", "tags"):
        if write.values.get(name):
            write.values[name] = list(dict.fromkeys(write.values[name]))


@locations.written
async def exempt_groups_stay(write: Write) -> None:
    name = "alwaysOpenForUserGroupIds"
    hours = write.values.get("working_hours") or {}
    await hold(write.tx, f"workingHours.{name}", hours.get(name) or ())


@user_groups.deleting
async def no_location_stays_open_for_it(write: Write) -> None:
    if await write.tx.one(_EXEMPTS, named={"alwaysOpenForUserGroupIds": [write.id]}) is not None:
        raise Conflict("The user group is named by the working hours of a location.")
