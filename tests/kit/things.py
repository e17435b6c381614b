"""A resource of no product: every kind of column, page and version the grammar knows, for the grammar's own tests."""

import datetime as dt
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import INHERITED, PARTNERS, SHARED, owned
from ohmstead.kit.db import Tx
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.facts import row_changed
from ohmstead.kit.filters import array_contains, changed, equals, in_list, is_true, since
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, RenderContext, Reply, Transactions
from ohmstead.kit.paging import Listing, Pages
from ohmstead.kit.references import ABSENT
from ohmstead.kit.resources import Key, Parent, Resource
from ohmstead.kit.serving import operations_of
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Deprecated, Id, Opt, ReadOnly, Translations, View
from ohmstead.kit.writes import Write

metadata = MetaData(
    naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)


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
crate = _table(
    "kit_crate",
    Column("label", Text, nullable=False, unique=True),
    Column("shelf_id", BigInteger, ForeignKey("kit_shelf.id")),
    Column("thing_id", BigInteger, ForeignKey("kit_thing.id")),
    Column("form", JSONB),
    Column("owner", JSONB),
    Column("names", JSONB),
    Column("partner_id", BigInteger),
)
day = _table(
    "kit_day",
    Column("thing_id", BigInteger, nullable=False),
    Column("date", Date, nullable=False),
    Column("note", Text),
    Column("weight", BigInteger, nullable=False),
    UniqueConstraint("thing_id", "date"),
)
lid = _table("kit_lid", Column("thing_id", BigInteger, nullable=False), Column("colour", Text, nullable=False))
mood = _table("kit_mood", Column("mood", Text, nullable=False, unique=True), Column("note", Text))
slogan = _table("kit_slogan", Column("text", Text, nullable=False))
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


class Round(View, tag_field="shape", tag="round"):
    radius: Annotated[float, Meta(gt=0)]


class Square(View, tag_field="shape", tag="square"):
    width: Annotated[float, Meta(gt=0)]
    depth: float


class Owner(View):
    person_id: Opt[int | None] = UNSET
    group_ids: Opt[list[int]] = UNSET


class Crate(View):
    id: Id
    label: str
    shelf_id: Opt[int | None] = UNSET
    thing_id: Opt[int | None] = UNSET
    form: Opt[Round | Square | None] = UNSET
    owner: Opt[Owner | None] = UNSET
    names: Opt[Translations | None] = UNSET


class CrateV1(View):
    id: Id
    label: str
    content: Opt[int | None] = UNSET


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
    conflicts={"uq_kit_thing_name": ("name", "The name has already been taken.")},
)


@things.rule
async def a_red_thing_is_small(write: Write) -> None:
    if write.value_of("colour") == "red" and (write.value_of("size") or 1) > 10:
        write.add_error("size", "A red thing is small.")
        write.add_error("colour", "A large thing is not red.")


@things.writing
async def what_is_found_is_nobodys(write: Write) -> None:
    """A rule may settle whose a row is, but not of what a partner writes."""
    if write.values.get("name") == "found":
        write.values["partner_id"] = None


crates = Resource(
    "crates",
    crate,
    tag="kit",
    title="Crate",
    key="crate",
    access=owned(crate.c.partner_id),
    versions=[
        Version("v2.0", Crate, extra_statuses={"create": (409,)}),
        Version(
            "v1.0",
            CrateV1,
            upgrade=lambda body: {"thing_id" if name == "content" else name: value for name, value in body.items()},
            downgrade=lambda newest: {name: newest[name] for name in ("id", "label")} | {"content": newest["thing_id"]},
            field_names={"thingId": "content"},
        ),
    ],
    references={"thing_id": things, "owner.person_id": ABSENT, "owner.group_ids": ABSENT},
)


@crates.rule
async def a_crate_is_for_small_things(write: Write) -> None:
    its = write.referred("thing_id")
    if its is not None and (its["size"] or 0) > 10:
        write.add_error("thingId", "It does not fit in.")


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


class Day(View):
    date: ReadOnly[dt.date]
    note: Opt[str] = UNSET
    weight: int = 1


class Lid(View):
    colour: str


class Mood(View):
    mood: ReadOnly[Literal["good", "bad"]]
    note: Opt[str] = UNSET


class Slogan(View):
    text: str


days = Resource(
    "days",
    day,
    tag="kit",
    title="Day",
    key="date",
    by=Key(dt.date, day.c.date),
    access=INHERITED,
    versions=[
        Version("v2.0", Day, verbs=("list", "read", "put", "delete"), linked=("read",)),
        Version("v1.1", Day, verbs=("read", "replace")),
    ],
    parent=Parent(things, day.c.thing_id),
)
lids = Resource(
    "lid",
    lid,
    tag="kit",
    title="Lid",
    key="",
    access=INHERITED,
    versions=[Version("v2.0", Lid, verbs=("read", "put", "delete"))],
    parent=Parent(things, lid.c.thing_id),
)
moods = Resource(
    "moods",
    mood,
    tag="kit",
    title="Mood",
    key="mood",
    by=Key(Literal["good", "bad"], mood.c.mood),
    access=SHARED,
    versions=[Version("v1.0", Mood, verbs=("list", "read", "put", "delete"))],
)
slogans = Resource(
    "slogan",
    slogan,
    tag="kit",
    title="Slogan",
    key="",
    access=SHARED,
    versions=[Version("v1.0", Slogan, verbs=("read", "put", "delete"))],
)


@days.rule
async def a_day_weighs_little(write: Write) -> None:
    if write.value_of("weight") + (write.value_of("note") == "heavy") > 100:
        write.add_error("weight", "A day weighs little.")


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


class Shelve(View):
    shelf_id: int


class Join(View):
    thing_ids: list[int]
    glue_id: Opt[int | None] = UNSET


@actions.post("v1.0/{thing}/shelve", "Shelve", body=Shelve)
async def shelve(call: Call, body: Shelve) -> None:
    """Write what nobody declared to be a reference."""
    row = await things.find(call)
    await call.tx.run(update(thing).where(thing.c.id == row["id"]).values(shelf_id=body.shelf_id))


@actions.post("v1.0/{thing}/copy", "Copy", errors=(401, 403, 404, 409, 429))
async def copy(call: Call) -> None:
    """Write what there is."""
    row = await things.find(call)
    times = {"created_at": call.now, "updated_at": call.now}
    await call.tx.run(insert(thing).values(name=row["name"], **times))


@actions.post("v1.0/{thing}/clear", "Clear", errors=(401, 403, 404, 409, 429))
async def clear(call: Call) -> None:
    """Take away what others may name."""
    row = await things.find(call)
    await call.tx.run(delete(shelf).where(shelf.c.id == row["shelf_id"]))


@actions.post(
    "v1.0/{thing}/join",
    "Join",
    body=Join,
    transactions=Transactions.MANUAL,
    references={"thing_ids": things, "glue_id": ABSENT},
)
async def join(call: Call, body: Join) -> None:
    async with call.begin() as tx:
        await things.find(call, tx=tx)


@actions.post("v1.0/{thing}/break", "Break")
async def break_down(call: Call) -> None:
    """Write, then fail as a bug would."""
    await call.tx.run(thing.delete())
    raise RuntimeError("a bug")


NAMES = Listing(select(part.c.id, part.c.name).where(part.c.thing_id == bindparam("thing", type_=BigInteger)))


@actions.get("v1.0/{thing}/part-names", "Names", gives=str, pages=Pages.CURSOR)
async def part_names(call: Call) -> dict[str, Any]:
    rows, around = await NAMES.page(call.tx, call.url, call.query, thing=(await things.find(call))["id"])
    return {"data": [row[1] for row in rows]} | around


@actions.put("v1.0/{thing}/name", "Rename", body=Pull, gives=Pull)
async def rename(call: Call, body: Pull) -> Pull:
    await things.find(call)
    return body


@actions.patch("v1.0/{thing}/name", "Amend", body=Pull, gives=Pull)
async def amend(call: Call, body: Pull) -> Pull:
    await things.find(call)
    return body


unlocked = Group("kit", "actions/front-door/", "front-door", access=PARTNERS, open=True)


@unlocked.get("v1.0/bell", "Bell", gives=Pull)
async def bell(call: Call) -> Pull:
    return Pull(force=int(call.headers.get("x-force", call.actor.token_id)))


@unlocked.post("v1.0/knock", "Knock", body=Pull)
async def knock(call: Call, body: Pull) -> None:
    call.changes = {"force": body.force}


OPERATIONS = operations_of(shelves, things, crates, parts, days, lids, moods, slogans, actions, unlocked)
