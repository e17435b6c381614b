"""The listing of tariffs for one group and one user: the tariff that applies to that user today, alone."""

from ohmstead.kit.db import Row
from ohmstead.kit.errors import Invalid, NotFound
from ohmstead.kit.operations import Call
from ohmstead.kit.resources import Resource
from ohmstead.rooms.people.users import users
from ohmstead.rooms.tariffs.groups import tariff_groups
from ohmstead.rooms.tariffs.resolution import driver_of, tariff_for
from ohmstead.rooms.tariffs.tariffs import tariffs


async def the_one_that_applies(call: Call) -> int | None:
    """The id of the tariff that `filter[userId]` asks for; None where it asks for none. The day is that of UTC and the
    charge point one of the group's partner: no charge point is named whose they could be."""
    asked = call.query.filters
    if "userId" not in asked:
        return None
    if not any(asked.get("tariffGroupId", ())):
        if not any(asked["userId"]):
            return None  # an empty filter, as clients send them
        raise _invalid("userId", "The filter user id wants a tariff group id.")
    if others := [name for name in asked if name not in ("userId", "tariffGroupId")]:
        raise _invalid(others[0], "The filter does not go with a user id.")
    group = await _named(call, tariff_groups, "tariffGroupId")
    user = await _named(call, users, "userId") if any(asked["userId"]) else None
    driver = await driver_of(call.tx, None if user is None else user["id"])
    return (await tariff_for(call.tx, group["id"], driver, group["partner_id"], call.now.date()))["id"]


async def _named(call: Call, resource: Resource, name: str) -> Row:
    """The row that a filter names, if the caller sees it."""
    key = tariffs.filters_of(tariffs.newest)[name].read([text for text in call.query.filters[name] if text])
    try:
        return await resource.get(call, key)
    except NotFound:
        raise _invalid(name, f"The selected filter.{name} is invalid.") from None


def _invalid(name: str, text: str) -> Invalid:
    return Invalid.of({f"filter.{name}": [text]})


tariffs.newest.single = the_one_that_applies
