"""The resource of locations: its versions, filters and includes."""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, case, func, select
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.access import owned
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.filters import Filter, array_contains, changed, equals, is_true
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Columns
from ohmstead.kit.questions import Question
from ohmstead.kit.references import ABSENT
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.rooms.network.durable_facts import LocationChanged
from ohmstead.rooms.network.locations import v1
from ohmstead.rooms.network.locations.row import location
from ohmstead.rooms.network.locations.view import Location, LocationBody
from ohmstead.rooms.operator.places import Country, State
from ohmstead.rooms.people.user_groups import user_groups

public_charge_points: Question[[Tx, list[int], int | list[int] | None], Mapping[int, list[int]]] = Question(
    "the public, enabled charge points at locations that a partner, or several (None: anybody), sees"
)


def column_of(name: str) -> Include:
    """An include that is a column of the row, but too large to send unasked."""
    column = location.c[name]
    wanted = bindparam("wanted", type_=ARRAY(BigInteger))
    statement = Statement(select(location.c.id, column).where(location.c.id == func.any(wanted)))

    async def load(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, Any]:
        return dict(await tx.all(statement, wanted=ids))

    head, *rest = name.split("_")
    return Include(head + "".join(word.capitalize() for word in rest), load)


async def _public(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[int]]:
    """The public charge points at each location, in the words of whoever knows charge points."""
    return await public_charge_points.merged(tx, ids, context.actor.partner)


async def _public_count(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, int]:
    return {key: len(found) for key, found in (await _public(tx, ids, context)).items()}


def _has_status(status: Any) -> ColumnElement[bool]:
    """Version 1.0 says `active` for enabled."""
    return location.c.status == case((status == "active", "enabled"), else_=status)


IMAGES = (column_of("location_image"), column_of("images"))

locations = Resource(
    "locations",
    location,
    tag="resource / locations",
    title="Location",
    key="location",
    versions=[
        Version("v2.0", Location, create_view=LocationBody),
        Version(
            "v1.0",
            v1.LocationV1,
            pages=Pages.EITHER,
            upgrade=v1.upgrade,
            downgrade=v1.downgrade,
            deprecated=True,
            field_names=v1.WORDS,
            unwrapped=("create", "update"),
            includes=(
                *(Include(one.name, one.load, always=True) for one in IMAGES),
                Include("publicChargePoints", _public_count, always=True, empty=0),
                Include("publicChargePointsIds", _public, always=True, empty=[]),
            ),
        ),
    ],
    access=owned(location.c.partner_id),
    parts={"geoposition": Columns({"latitude": location.c.latitude, "longitude": location.c.longitude})},
    filters=[
        equals("country", location.c.country, Country),
        equals("state", location.c.state, State),
        equals("region", location.c.region),
        equals("city", location.c.city),
        equals("postCode", location.c.post_code),
        equals("externalId", location.c.external_id),
        Filter("status", Literal["enabled", "active", "disabled"], _has_status, Text()),
        array_contains("tag", location.c.tags),
        is_true("roaming", location.c.roaming_operator_id.is_not(None), "Those of roaming partners, or our own."),
        *changed(location.c.updated_at),
    ],
    includes=(*IMAGES, column_of("external_app_data")),
    changed=LocationChanged,
    references={"roaming_operator_id": ABSENT, "working_hours.always_open_for_user_group_ids": user_groups},
    conflicts={"uq_location_external_id": ("externalId", "The external id has already been taken.")},
)
