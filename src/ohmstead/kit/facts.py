"""Facts: what happened, written to the outbox in the transaction that made it true, told to whoever subscribed."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform

import msgspec
from msgspec import UNSET
from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Tx, metadata, timestamp
from ohmstead.kit.views import Opt

Action = Literal["created", "updated", "deleted"]

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    timestamp("at", nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    timestamp("due_at", nullable=False),
    Column("error", Text),
    timestamp("failed_at"),
    Index("ix_outbox_due", "due_at", "id", postgresql_where=text("failed_at IS NULL")),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    timestamp("at", nullable=False, index=True),
    Column("admin_id", BigInteger),
    Column("token_id", BigInteger),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False, index=True),
    Column("changes", JSONB),
    Column("refused", Text),  # why a charge point did not do it; None: it was done
    Column("trace_id", Text),
)

_by_topic: dict[str, type["Fact"]] = {}
_subscribers: dict[str, list[Callable[[Tx, Any], Awaitable[None]]]] = {}
_contents: dict[str, "Contents"] = {}
wanted: set[str] = set()  # topics that some client wants to be told of; other facts need carry no content


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class _FactType(msgspec.StructMeta):
    """Makes classes of facts: fields by keyword, and each topic once."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], body: dict[str, Any], topic: str = "", **options: Any
    ) -> "_FactType":
        if topic in _by_topic:
            raise LookupError(f"the topic {topic} is that of {_by_topic[topic].__qualname__} already")
        options.setdefault("kw_only", True)
        made: Any = super().__new__(cls, name, bases, body | {"topic": topic}, **options)
        if topic:
            _by_topic[topic] = made
        return made


class Fact(msgspec.Struct, metaclass=_FactType, frozen=True):
    """What happened: `class SessionStopped(Fact, topic="session.stopped")`, told with `tx.tell(SessionStopped(id=7))`.

    Its fields are the payload in the outbox, where it may lie while the product is replaced by its next version: what
    is added later has a default, and a topic is not used anew for something else. What has no topic is a base of facts.
    """

    topic: ClassVar[str]
    content: Opt[Any] = UNSET  # what it happened to, as it then was; see `contents`


class RowChanged(Fact):
    """A row of a resource was written."""

    shows_deleted: ClassVar[bool] = True  # that one was deleted carries what it was
    id: int
    action: Action


F = TypeVar("F", bound=Fact)
Handler = Callable[[Tx, F], Awaitable[None]]
Contents = Callable[[Tx, list[int]], Awaitable[Mapping[int, Any]]]


def row_changed(what: str) -> type[RowChanged]:
    """The fact `<what>.changed` of a resource of which nobody but the resource itself tells."""

    class Changed(RowChanged, topic=f"{what}.changed"):
        """A row of this resource was written."""

    return Changed


def on(kind: type[F]) -> Callable[[Handler[F]], Handler[F]]:
    """Subscribe a function to a fact; it runs in a transaction of its own, at least once a fact."""
    assert kind.topic, f"{kind.__qualname__} has no topic"

    def subscribe(handler: Handler[F]) -> Handler[F]:
        _subscribers.setdefault(kind.topic, []).append(handler)
        return handler

    return subscribe


def contents(kind: type[F]) -> Callable[[Contents], Contents]:
    """Register what loads the content of facts, by their `id`: what they happened to, as JSON. They carry it while
    their topic is `wanted`."""
    return lambda load: _contents.setdefault(kind.topic, load)


async def content_of(tx: Tx, topic: str, ids: list[int]) -> Mapping[int, Any]:
    """What facts of a topic happened to, as it is now, by id; nothing where none can be said."""
    return await _contents[topic](tx, ids) if topic in _contents and ids else {}


async def with_contents(tx: Tx, facts: list[Any]) -> list[Any]:
    """Facts with the content that they lack and somebody wants: what was deleted brings its own."""
    lacking: dict[str, list[int]] = {}
    for fact in facts:
        if fact.topic in wanted and fact.topic in _contents and fact.content is UNSET:
            lacking.setdefault(fact.topic, []).append(fact.id)
    found = {topic: await content_of(tx, topic, list({*ids})) for topic, ids in lacking.items()}
    return [_with(fact, found.get(fact.topic, {})) for fact in facts]


def _with(fact: Any, found: Mapping[int, Any]) -> Any:
    content = found.get(fact.id) if found and fact.content is UNSET else None
    return fact if content is None else msgspec.structs.replace(fact, content=content)


def subscribers(topic: str) -> list[Handler[Any]]:
    """Who wants to know of a topic."""
    return _subscribers.get(topic, [])


def fact_of(topic: str, payload: Mapping[str, Any]) -> Fact:
    """What lies in the outbox as its class, fields that are none left aside; msgspec.ValidationError where one that
    has no default is not there, or is something else."""
    return msgspec.convert(payload, _by_topic[topic])
