"""A resource of no product: every kind of column, page and version the grammar knows, for the grammar's own tests."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    MetaData,
    Table,
    Text,
    update,
)

from ohmstead.kit.access import INHERITED, PARTNERS, SHARED, owned
from ohmstead.kit.db import Tx
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.facts import row_changed
from ohmstead.kit.filters import array_contains, changed, equals, in_list, is_true, since
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, RenderContext, Reply, Transactions
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.serving import operations_of
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Deprecated, Id, Opt, ReadOnly, View
from ohmstead.kit.writes import Write

metadata = MetaData(naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s"})


def _table(name: str, *columns: Any) -> Table:
    return Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        *columns,
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
    )


shelf = _table("kit_shelf", Column("name", Text, nullable=False))
thing = _table(
    "kit_thing",
    Column("name", Text, nullable=False, unique=True),
    Column("colour", Text),
    Column("size", BigInteger),
    Column("weight", Double),
    Column("loud", Boolean),
    Column("at", DateTime(timezone=True)),
    Column("tags", ARRAY(Text)),
    Column("shelf_id", BigInteger, ForeignKey("kit_shelf.id")),
    Column("partner_id", BigInteger),
)
part = _table("kit_part", Column("thing_id", BigInteger, nullable=False), Column("name", Text, nullable=False))


class Shelf(View):
    id: Id
    name: str


class Thing(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=20)]
    colour: Opt[Literal["red", "green"] | None] = UNSET
    size: Opt[Annotated[int, Meta(ge=1)]] = UNSET
    weight: Opt[float] = UNSET
    loud: Opt[bool] = UNSET
    at: Opt[datetime] = UNSET
    tags: Opt[list[str]] = UNSET
    shelf_id: Opt[int | None] = UNSET
    partner_id: Opt[int | None] = UNSET
    echo: ReadOnly[Opt[str]] = UNSET
    shout: ReadOnly[Opt[str]] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET


class ThingV1(View):
    id: Id
    title: str
    last_updated_at: ReadOnly[Deprecated[Opt[datetime]]] = UNSET


class Part(View):
    id: Id
    thing_id: ReadOnly[int]
    name: str


async def _echo(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, str]:
    return {key: f"echo {key}" for key in ids}


async def _shout(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, str]:
    return {key: f"SHOUT {key}" for key in ids}


shelves = Resource(
    "shelves",
    shelf,
    tag="kit",
    title="Shelf",
    key="shelf",
    access=SHARED,
    versions=[Version("v1.0", Shelf, pages=Pages.WHOLE)],
)

things = Resource(
    "things",
    thing,
    tag="kit",
    title="Thing",
    key="thing",
    versions=[
        Version("v2.0", Thing),
        Version("v1.1", Thing, pages=Pages.EITHER),
        Version(
            "v1.0",
            ThingV1,
            pages=Pages.NUMBER,
            upgrade=lambda body: {"name": body["title"]} if "title" in body else {},
            downgrade=lambda newest: {"id": newest["id"], "title": newest["name"]},
            deprecated=True,
            field_names={"name": "title"},
            unwrapped=("read",),
            includes=(),
        ),
    ],
    access=owned(thing.c.partner_id),
    filters=[
        equals("name", thing.c.name),
        in_list("colour", thing.c.colour, str),
        equals("size", thing.c.size, int),
        is_true("loud", thing.c.loud),
        array_contains("tag", thing.c.tags),
        equals("shelf.id", thing.c.shelf_id, int),
        since("at", thing.c.at),
        *changed(thing.c.updated_at),
    ],
    includes=(Include("echo", _echo), Include("shout", _shout, flag="withShout")),
    changed=row_changed("test.thing"),
    conflicts={"kit_thing_name_key": ("name", "The name has already been taken.")},
)


@things.rule
async def a_red_thing_is_small(write: Write) -> None:
    if write.value_of("colour") == "red" and (write.value_of("size") or 1) > 10:
        write.add_error("size", "A red thing is small.")
        write.add_error("colour", "A large thing is not red.")


parts = Resource(
    "parts",
    part,
    tag="kit",
    title="Part",
    key="part",
    access=INHERITED,
    versions=[Version("v2.0", Part)],
    parent=Parent(things, part.c.thing_id),
)

actions = Group("kit", "actions/thing/", "things", access=PARTNERS)


class Push(View):
    force: Opt[Annotated[int, Meta(ge=1)]] = UNSET


class Pull(View):
    force: int


@actions.post("v1.0/{thing}/push", "Push", body=Push)
async def push(call: Call, body: Push) -> None:
    await things.find(call)


@actions.post("v1.0/{thing}/pull", "Pull", body=Pull, gives=Pull)
async def pull(call: Call, body: Pull) -> Pull:
    await things.find(call)
    return body


@actions.post("v1.0/{thing}/wait", "Wait", transactions=Transactions.MANUAL)
async def wait(call: Call) -> Reply:
    async with call.begin() as tx:
        await things.find(call, tx=tx)
    return Reply(202)


@actions.post("v1.0/{thing}/ask", "Ask", transactions=Transactions.MANUAL, errors=(401, 403, 404, 406, 429))
async def ask(call: Call) -> Reply:
    """Ask what never answers."""
    raise Rejected("It does not answer.")


@actions.post("v1.0/{thing}/halve", "Halve", transactions=Transactions.MANUAL)
async def halve(call: Call) -> None:
    """Write in one step, and find in the next that it was wrong."""
    async with call.begin() as tx:
        await tx.run(update(thing).values(size=thing.c.size / 2))
    raise Invalid(size="The size cannot be halved.")


@actions.post("v1.0/{thing}/break", "Break")
async def break_down(call: Call) -> None:
    """Write, then fail as a bug would."""
    await call.tx.run(thing.delete())
    raise RuntimeError("a bug")


OPERATIONS = operations_of(shelves, things, parts, actions)
