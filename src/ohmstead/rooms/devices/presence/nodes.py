"""Nodes: the processes of Ohmstead on one database, who of them lives, and the letters they leave for each other.

Times here are the database's own: the clocks of two machines never agree.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Identity,
    Integer,
    Interval,
    LargeBinary,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from ohmstead.kit.db import Row, Statement, Tx, metadata, timestamp

DEAD_AFTER = timedelta(seconds=10)
NAMES = 0x0D3  # advisory locks (this, hash of the name): held by the node of that name as long as it runs
_ROLL = "nodes"  # NOTIFY: somebody came or went

node = Table(
    "node",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    timestamp("started_at", nullable=False),
    timestamp("seen_at", nullable=False),
)
node_letter = Table(
    "node_letter",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("node_id", BigInteger, nullable=False, index=True),  # whom it is for
    Column("sender_id", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

_now = func.clock_timestamp()
_me = bindparam("me", type_=BigInteger)
_name = bindparam("name", type_=Text)
_silent = node.c.seen_at < _now - cast(DEAD_AFTER, Interval)
_ids = any_(bindparam("ids", type_=ARRAY(BigInteger)))

_FREE = Statement(select(func.pg_try_advisory_xact_lock(cast(NAMES, Integer), func.hashtext(_name))))
_OLD = Statement(delete(node).where(node.c.name == _name).returning(node.c.id))
_OLD_SILENT = Statement(delete(node).where(node.c.name == _name, _silent).returning(node.c.id))
_TAKEN = Statement(select(node.c.id).where(node.c.name == _name))
_JOIN = Statement(
    insert(node)
    .values(name=_name, role=bindparam("role", type_=Text), started_at=_now, seen_at=_now)
    .returning(node.c.id)
)
_BEAT = Statement(update(node).where(node.c.id == _me).values(seen_at=_now))
_ALL = Statement(select(node.c.id, node.c.name, node.c.role).order_by(node.c.id))
_LIVING = Statement(select(node.c.name).where(~_silent).order_by(node.c.id))
_BURY = Statement(delete(node).where(_silent, node.c.id != _me).returning(node.c.id, node.c.name))
_LEAVE = Statement(delete(node).where(node.c.id == _me))
_BURN = Statement(delete(node_letter).where(or_(node_letter.c.node_id == _ids, node_letter.c.sender_id == _ids)))
_TELL = Statement(select(func.pg_notify(bindparam("channel", type_=Text), "")))

_alive = select(node.c.id).where(node.c.id == _me).exists()
_letters = (
    func.unnest(bindparam("to", type_=ARRAY(BigInteger)), bindparam("bodies", type_=ARRAY(LargeBinary)))
    .table_valued("node_id", "body", with_ordinality="number")
    .render_derived()
)
_WRITE = Statement(
    insert(node_letter).from_select(
        ["node_id", "sender_id", "body"],
        select(_letters.c.node_id, _me, _letters.c.body).where(_alive).order_by(_letters.c.number),
    )
)
_TAKE = Statement(
    delete(node_letter)
    .where(node_letter.c.node_id == _me)
    .returning(node_letter.c.id, node_letter.c.sender_id, node_letter.c.body)
)


class NameTaken(Exception):
    """A living node has this name."""


async def join(tx: Tx, name: str, role: str) -> int:
    """Enter a node; its id. One of the same name that no longer lives is removed; NameTaken where it does."""
    unlocked = await tx.value(_FREE, name=name)
    gone = await tx.all(_OLD if unlocked else _OLD_SILENT, name=name)
    if await tx.value(_TAKEN, name=name) is not None:
        raise NameTaken(name)
    await _burn(tx, [row["id"] for row in gone])
    number = await tx.value(_JOIN, name=name, role=role)
    await tx.run(_TELL, channel=_ROLL)
    return number


async def heartbeat(tx: Tx, me: int) -> bool:
    """Say that a node lives; False where others have taken it for dead and removed it."""
    return await tx.run(_BEAT, me=me) > 0


async def everyone(tx: Tx) -> list[Row]:
    """All nodes: `id`, `name`, `role`."""
    return await tx.all(_ALL)


async def living(tx: Tx, me: str) -> list[str]:
    """The names of the nodes that live; that of ours only where another process has it."""
    names = [row["name"] for row in await tx.all(_LIVING)]
    if me in names and await tx.value(_FREE, name=me):
        names.remove(me)
    return names


async def evict(tx: Tx, me: int) -> list[Row]:
    """Remove the nodes that were silent for 10 s, and their letters; their `id` and `name`."""
    gone = await tx.all(_BURY, me=me)
    if gone:
        await _burn(tx, [row["id"] for row in gone])
        await tx.run(_TELL, channel=_ROLL)
    return gone


async def leave(tx: Tx, me: int) -> None:
    """Remove a node that ends."""
    await tx.run(_LEAVE, me=me)
    await _burn(tx, [me])
    await tx.run(_TELL, channel=_ROLL)


async def write(tx: Tx, me: int, letters: Sequence[tuple[int, bytes]]) -> bool:
    """Leave letters (to whom, what) in this order, and ring; False where we are taken for dead and may say nothing."""
    to = [one[0] for one in letters]
    if not await tx.run(_WRITE, me=me, to=to, bodies=[one[1] for one in letters]):
        return False
    for each in set(to):
        await tx.run(_TELL, channel=channel_of(each))
    return True


async def take(tx: Tx, me: int) -> list[Row]:
    """The letters that wait for a node, in their order; they are gone then. `sender_id`, `body`."""
    return sorted(await tx.all(_TAKE, me=me), key=lambda row: row["id"])


def channel_of(number: int) -> str:
    """The NOTIFY channel of a node: a letter has come."""
    return f"node_{number}"


async def _burn(tx: Tx, ids: list[int]) -> None:
    if ids:
        await tx.run(_BURN, ids=ids)
