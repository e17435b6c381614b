"""Notifications in tests: what subscribers of everything would be told of what happened."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec
from msgspec import UNSET
from sqlalchemy import select

from ohmstead.app.rooms import OPERATIONS
from ohmstead.kit.db import Tx
from ohmstead.kit.facts import Fact, content_of, fact_of, outbox, wanted
from ohmstead.kit.notifications import Notification
from ohmstead.kit.views import stamp
from ohmstead.rooms.notices.names import NOTIFICATIONS
from ohmstead.store.engine import PostgresDatabase
from ohmstead.web.openapi import document

Body = dict[str, Any]


@contextmanager
def everything_wanted() -> Iterator[None]:
    """Facts carry their content, as while somebody subscribes to all there is."""
    before = set(wanted)
    wanted.update(one.fact.topic for one in NOTIFICATIONS)
    try:
        yield
    finally:
        wanted.intersection_update(before)


async def told(database: PostgresDatabase, *names: str) -> list[Body]:
    """The bodies that follow from the facts in the outbox, in the order of these; of some events only, where they are
    named. Each is what its notification declares."""
    async with database.read() as tx:
        rows = await tx.all(select(outbox).order_by(outbox.c.id))
        made = [await _bodies(tx, row["topic"], row["payload"], stamp(row["at"])) for row in rows]
    return [body for bodies in made for body in bodies if not names or body["notification"] in names]


async def _bodies(tx: Tx, topic: str, payload: Any, at: str) -> list[Body]:
    rows = [one for one in NOTIFICATIONS if one.fact.topic == topic]
    if not rows:
        return []
    fact = await _whole(tx, fact_of(topic, payload))
    payloads = [(one, one.build(fact, at)) for one in rows]
    return [_checked(one, one.body(made)) for one, made in payloads if made is not None]


async def _whole(tx: Tx, fact: Any) -> Fact:
    """With what it happened to, also where it was told before anybody wanted that."""
    if fact.content is not UNSET or not hasattr(fact, "id"):
        return fact
    content = (await content_of(tx, fact.topic, [fact.id])).get(fact.id, UNSET)
    return msgspec.structs.replace(fact, content=content)


def _checked(one: Notification[Any], body: bytes) -> Body:
    read = msgspec.json.decode(body)
    assert next(iter(read)) == "notification"
    errors = [f"{error.instance_path}: {error.message}" for error in _documented()[one.name].iter_errors(read)]
    assert not errors, f"{one.name}: {errors[:5]}"
    known = one.payload.__struct_encode_fields__
    assert read.keys() - {"notification"} <= set(known), f"{one.name}: {read.keys() - known}"
    return read


@cache
def _documented() -> dict[str, Any]:
    """What our document says of each body, by the event's name."""
    told = document([replace(OPERATIONS[0], callbacks=NOTIFICATIONS)], "test")
    around = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": told["components"]}
    (operations,) = told["paths"].values()
    (operation,) = operations.values()
    found: dict[str, Any] = {}
    for name, callback in operation["callbacks"].items():
        (posted,) = callback.values()
        schema = posted["post"]["requestBody"]["content"]["application/json"]["schema"]
        found[name] = jsonschema_rs.validator_for(around | schema, validate_formats=True)
    return found
