"""A resource of no product whose hooks write down when they run, and whose objects are columns."""

from datetime import datetime
from typing import Any

import pytest
from msgspec import UNSET
from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Table, Text, select
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import SHARED
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import row_changed
from ohmstead.kit.hooks import Hook
from ohmstead.kit.money import Price
from ohmstead.kit.parts import Columns, Member, Merged
from ohmstead.kit.resources import Resource
from ohmstead.kit.serving import operations_of
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from tests.kit.things import metadata

box = Table(
    "kit_box",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("name", Text, nullable=False),
    Column("lid", Text),
    Column("width", BigInteger),
    Column("height", BigInteger),
    Column("seal_code", Text),
    Column("seal_broken", Boolean, nullable=False, server_default="false"),
    Column("sealed_at", DateTime(timezone=True)),
    Column("details", JSONB, nullable=False, server_default="{}"),
)


class Size(View):
    width: Opt[int | None] = UNSET
    height: Opt[int | None] = UNSET
    area: ReadOnly[Opt[int | None]] = UNSET
    widest: ReadOnly[Opt[int | None]] = UNSET


class Seal(View):
    code: Opt[str | None] = UNSET
    broken: Opt[bool] = UNSET
    sealed_at: Opt[datetime | None] = UNSET


class Details(View):
    maker_name: Opt[str | None] = UNSET
    unit_price: Opt[Price | None] = UNSET


class Box(View):
    id: Id
    name: str
    lid: Opt[str | None] = UNSET
    size: Opt[Size] = UNSET
    seal: Opt[Seal | None] = UNSET
    details: Opt[Details] = UNSET


boxes = Resource(
    "boxes",
    box,
    tag="kit",
    title="Box",
    key="box",
    access=SHARED,
    versions=[Version("v1.0", Box)],
    parts={
        "size": Columns(
            {
                "width": box.c.width,
                "height": box.c.height,
                "area": box.c.width * box.c.height,
                "widest": box.c.width,
            },
            nulls=True,
        ),
        "seal": Columns(
            {"code": Member(box.c.seal_code), "broken": box.c.seal_broken, "sealed_at": box.c.sealed_at},
            when=box.c.sealed_at.is_not(None),
        ),
        "details": Merged(box.c.details),
    },
    changed=row_changed("test.box"),
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
    if write.gives("lid"):
        write.values["lid"] = f"closed {write.values['lid']}"


@boxes.creating
async def a_box_has_a_lid(write: Write) -> None:
    write.values.setdefault("lid", "none")


@boxes.updating
async def a_new_name_takes_the_lid(write: Write) -> None:
    if write.gives("name"):
        write.values.setdefault("lid", None)


@boxes.rule
async def a_box_is_no_chest(write: Write) -> None:
    if write.value_of("name") == "chest":
        write.add_error("name", "A box is no chest.")


@boxes.rule
async def a_box_goes_through_the_door(write: Write) -> None:
    if (write.value_of("width") or 0) > 1000:
        write.add_error("size.width", "It is too wide.")


@boxes.rule
async def a_rule_that_meddles_fails(write: Write) -> None:
    with pytest.raises(TypeError):
        write.values["lid"] = "meddled with"


@boxes.deleting
async def a_full_box_stays(write: Write) -> None:
    if write.value_of("name") == "full":
        raise Conflict("The box is full.")


OPERATIONS = operations_of(boxes)
