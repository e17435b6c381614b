"""A resource of no product whose hooks write down when they run."""

from typing import Any

from msgspec import UNSET
from sqlalchemy import Column, Text, select

from ohmstead.kit.access import SHARED
from ohmstead.kit.errors import Conflict
from ohmstead.kit.hooks import Hook
from ohmstead.kit.resources import Resource
from ohmstead.kit.serving import operations_of
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, View
from ohmstead.kit.writes import Write
from tests.kit.things import table

box = table("kit_box", Column("name", Text, nullable=False), Column("lid", Text))


class Box(View):
    id: Id
    name: str
    lid: Opt[str | None] = UNSET


boxes = Resource(
    "boxes", box, tag="kit", title="Box", key="box", access=SHARED, versions=[Version("v1.0", Box)], topic="box"
)

seen: list[tuple[str, str | None]] = []
"""(hook, the name that the row then has in the database, None without one)"""


def _noted(moment: str) -> Hook:
    async def note(write: Write) -> None:
        name: Any = await write.tx.value(select(box.c.name).where(box.c.id == write.id))
        seen.append((moment, name))

    return note


for moment in (
    "written", "updated", "created", "deleted", "deleting", "rule", "writing", "updating", "creating"
):  # fmt: skip
    getattr(boxes, moment)(_noted(moment))


@boxes.writing
async def a_lid_is_closed(write: Write) -> None:
    if write.sets("lid"):
        write.values["lid"] = f"closed {write.values['lid']}"


@boxes.creating
async def a_box_has_a_lid(write: Write) -> None:
    write.values.setdefault("lid", "none")


@boxes.updating
async def a_new_name_takes_the_lid(write: Write) -> None:
    if write.sets("name"):
        write.values.setdefault("lid", None)


@boxes.rule
async def a_box_is_no_chest(write: Write) -> None:
    if write.now("name") == "chest":
        write.wrong("name", "A box is no chest.")


@boxes.deleting
async def a_full_box_stays(write: Write) -> None:
    if write.now("name") == "full":
        raise Conflict("The box is full.")


OPERATIONS = operations_of(boxes)
