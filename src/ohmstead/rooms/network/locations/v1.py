"""Locations as version 1.0 speaks of them: snake case, texts by language, one field for state and region."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct

from ohmstead.kit.views import Deprecated, Id, Opt, ReadOnly, Translation
from ohmstead.rooms.network.locations.hours import AlwaysOpen, Groups, Hours, Stops, WorkingHours
from ohmstead.rooms.network.locations.view import Geoposition, Image, TimeZone
from ohmstead.rooms.operator.places import Country, UsOrAustralianState

Texts = Annotated[
    dict[Annotated[str, Meta(min_length=2, max_length=10)], str | None],
    Meta(description="Texts by language; an update replaces them all."),
]
Region = Annotated[UsOrAustralianState | str, Meta(description="For US and AU the state's code.")]

TEXTS = {  # of version 1.0 -> newest
    "name": "name",
    "description": "short_description",
    "detailed_description": "description",
    "additional_description": "additional_description",
    "address": "address",
}
WORDS = {  # newest -> of version 1.0
    "externalId": "external_id",
    "postCode": "post_code",
    "state": "region",
    "workingHours": "working_hours",
    "workingHours.alwaysOpenForUserGroupIds": "working_hours.always_open_for_user_group_ids",
}


class WorkingHoursV1(Struct, kw_only=True):
    is_always_open: AlwaysOpen
    stop_session_outside_working_hours: Opt[Stops | None] = UNSET
    always_open_for_user_group_ids: Opt[Groups | None] = UNSET
    hours: Opt[Hours | None] = UNSET


class LocationV1(Struct, kw_only=True):
    id: Id
    public_charge_points: ReadOnly[Opt[Annotated[int, Meta(description="How many are public and enabled.")]]] = UNSET
    public_charge_points_ids: ReadOnly[Opt[list[int]]] = UNSET
    name: Opt[Texts] = UNSET
    status: Deprecated[Opt[Literal["active", "disabled"]]] = UNSET
    description: Opt[Texts] = UNSET
    detailed_description: Opt[Texts] = UNSET
    additional_description: Opt[Texts] = UNSET
    geoposition: Opt[Geoposition] = UNSET
    address: Opt[Texts] = UNSET
    post_code: Opt[str] = UNSET
    region: Opt[Region] = UNSET
    city: Opt[str] = UNSET
    country: Opt[Country] = UNSET
    external_id: Opt[str | None] = UNSET
    timezone: Opt[TimeZone | None] = UNSET
    location_image: ReadOnly[Opt[Image | None]] = UNSET
    images: ReadOnly[Opt[list[Image]]] = UNSET
    working_hours: Opt[WorkingHoursV1] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = msgspec.field(name="lastUpdatedAt", default=UNSET)


_SAME = ("geoposition", "post_code", "city", "country", "external_id", "timezone")
_READ = ("id", "location_image", "images", "public_charge_points", "public_charge_points_ids", "last_updated_at")


def upgrade(body: dict[str, Any]) -> dict[str, Any]:
    """A body's fields in the newest words; `province` is a state or a region, as the country will tell."""
    newest = {name: body[name] for name in _SAME if name in body}
    for old, new in TEXTS.items():
        if old in body:
            newest[new] = [Translation(locale, text) for locale, text in body[old].items() if text is not None]
    if "region" in body:
        newest["province"] = body["region"]
    if "status" in body:
        newest["status"] = "enabled" if body["status"] == "active" else "disabled"
    if "working_hours" in body:
        newest["working_hours"] = WorkingHours(**msgspec.structs.asdict(body["working_hours"]))
    return newest


def downgrade(newest: dict[str, Any]) -> dict[str, Any]:
    """An answer's fields in the old words; what is not set is left out, as the old fields know no null."""
    answer = {name: newest[name] for name in (*_SAME, *_READ) if name in newest}
    for name in ("post_code", "city"):
        if answer.get(name) is None:
            answer.pop(name, None)
    for old, new in TEXTS.items():
        answer[old] = {one["locale"]: one["translation"] for one in newest[new]}
    if province := newest.get("state") or newest.get("region"):
        answer["region"] = province
    answer["status"] = "active" if newest["status"] == "enabled" else "disabled"
    hours = msgspec.convert(newest["working_hours"], WorkingHours)
    answer["working_hours"] = WorkingHoursV1(**msgspec.structs.asdict(hours))
    return answer
