"""RFID tags: ID tags under their older name, with fewer fields, and with days where there are moments now."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import Text, case

from ohmstead.kit.filters import Filter, equals, one_of, since
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.charging.id_tags import IdTag, IdTagBody, Label, Uid, id_tag, id_tags
from ohmstead.rooms.charging.tag_case import folded
from ohmstead.rooms.people.users import users

_NEWER = {"rfid_tag_uid": "id_tag_uid", "rfid_label": "id_label"}
_OLDER = {newer: older for older, newer in _NEWER.items()}
_own = id_tag.c
_status = case((_own.status == "enabled", "active"), else_=_own.status)


class RfidTag(View):
    id: Id
    rfid_tag_uid: Uid
    rfid_label: Annotated[Label, Meta(description="What is printed on it.")] | None = None
    expire_at: Annotated[date, Meta(description="The day it ends with: as that begins, in UTC.")] | None = None
    created_at: ReadOnly[datetime]
    status: Annotated[
        Literal["enabled", "disabled", "suspended"],
        Meta(description="The operator disables a tag, its owner suspends it; neither is accepted then."),
    ]
    user_id: Annotated[int, Meta(description="Whose it is; a tag of nobody is not accepted.")] | None = None
    last_updated_at: ReadOnly[datetime]


def _upgraded(values: dict[str, Any]) -> dict[str, Any]:
    return {_NEWER.get(name, name): value for name, value in values.items()}


def _downgraded(fields: dict[str, Any]) -> dict[str, Any]:
    """A moment, which comes as text in UTC, as its day."""
    shown = {_OLDER.get(name, name): value for name, value in fields.items()}
    if shown.get("expire_at") is not None:
        shown["expire_at"] = shown["expire_at"][: len("2026-01-01")]
    return {name: value for name, value in shown.items() if name in RfidTag.__struct_fields__}


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


rfid_tags = Resource(
    "rfid-tags",
    id_tag,
    tag="resource / rfids",
    title="RFID Tag",
    key="rfidTag",
    access=id_tags.access,
    versions=[
        Version("v2.0", IdTag, verbs=(), create_view=IdTagBody),  # what the rules speak
        Version(
            "v1.0",
            RfidTag,
            pages=Pages.EITHER,
            upgrade=_upgraded,
            downgrade=_downgraded,
            deprecated=True,
            required_on_update=("rfid_tag_uid", "status"),
            field_names={"idTagUid": "rfidTagUid", "idLabel": "rfidLabel"},
        ),
    ],
    filters=[
        Filter("rfidTagUid", str, lambda value: folded(value) == folded(_own.id_tag_uid), Text()),
        equals("rfidLabel", _own.id_label),
        equals("userId", _own.user_id, int),
        since("expireAt", _own.expire_at),
        one_of("status", _status, "active", "disabled", "suspended"),
        one_of("type", _own.type, "rfid", "mac_address", "emaid"),
    ],
    changed=id_tags.changed,
    references={"user_id": users},
    conflicts=id_tags.conflicts,
    hooks=id_tags.hooks,
)


@id_tags.writing
async def a_day_is_its_first_moment(write: Write) -> None:
    """A day that is given as it was shown leaves the moment as it was."""
    day = write.values.get("expire_at")
    if not isinstance(day, date) or isinstance(day, datetime):
        return
    before = write.before["expire_at"] if write.before is not None else None
    kept = before is not None and _day(before) == day
    write.values["expire_at"] = before if kept else datetime.combine(day, time(), UTC)
