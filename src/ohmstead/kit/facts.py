"""Facts: what happened, written to the outbox in the transaction that made it true, told to whoever subscribed."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Tx, metadata, timestamp

Handler = Callable[[Tx, dict[str, Any]], Awaitable[None]]

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

_subscribers: dict[str, list[Handler]] = {}


def on(*topics: str) -> Callable[[Handler], Handler]:
    """Subscribe a function to topics; it runs in a transaction of its own, at least once a fact."""

    def subscribe(handler: Handler) -> Handler:
        for topic in topics:
            _subscribers.setdefault(topic, []).append(handler)
        return handler

    return subscribe


def subscribers(topic: str) -> list[Handler]:
    """Who wants to know of a topic."""
    return _subscribers.get(topic, [])
