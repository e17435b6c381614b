"""Changes of a session's row, and how the house hears of them."""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import bindparam, insert, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.durable_facts import (
    SessionCourseChanged,
    SessionCreated,
    SessionFact,
    SessionStarted,
    SessionStopped,
    SessionUpdated,
)
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.signals import session_changed

Happening = Literal["created", "started", "updated", "course_changed", "stopped"]
_FACTS: Mapping[Happening, type[SessionFact]] = {
    "created": SessionCreated,
    "started": SessionStarted,
    "updated": SessionUpdated,
    "course_changed": SessionCourseChanged,
    "stopped": SessionStopped,
}

_statements: dict[tuple[str, ...], Statement] = {}


async def add(tx: Tx, values: Mapping[str, Any], happening: Happening) -> Row:
    """A new session; its row."""
    values = {**values, "created_at": tx.now, "updated_at": tx.now}
    row = await tx.one(_statement("insert", tuple(values)), **{f"v_{name}": value for name, value in values.items()})
    assert row is not None
    tell(tx, row, happening)
    return row


async def change(tx: Tx, session_id: int, happening: Happening, **values: Any) -> Row:
    """Change a session; its row."""
    values["updated_at"] = tx.now
    named = {f"v_{name}": value for name, value in values.items()}
    row = await tx.one(_statement("update", tuple(values)), session=session_id, **named)
    assert row is not None
    tell(tx, row, happening)
    return row


def tell(tx: Tx, row: Row, happening: Happening) -> None:
    """Say what happened to a session: to everybody as a fact, inside this process once it is durable."""
    told, point, outlet = row["id"], row["charge_point_id"], row["evse_id"]
    tx.tell(_FACTS[happening](id=told, charge_point_id=point, evse_id=outlet))
    tx.after_commit(lambda: session_changed.send(told, point, outlet))


def _statement(verb: str, names: tuple[str, ...]) -> Statement:
    shape = (verb, *names)
    if shape not in _statements:
        values = {name: bindparam(f"v_{name}", type_=session.c[name].type) for name in names}
        written = insert(session) if verb == "insert" else update(session).where(session.c.id == bindparam("session"))
        _statements[shape] = Statement(written.values(values).returning(session))
    return _statements[shape]
