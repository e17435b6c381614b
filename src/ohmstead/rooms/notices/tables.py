"""Tables: subscriptions, the events that some of them want, and what was delivered to whom."""

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import metadata, table, timestamp
from ohmstead.rooms.operator.admins import api_token
from ohmstead.store.partitions import aging

KEPT = timedelta(days=14)

notification_subscription = table(
    "notification_subscription",
    Column("via", Text, nullable=False),  # webhook, kafka
    Column("notifications", ARRAY(Text), nullable=False),  # as they were named, aliases included
    Column("events", ARRAY(Text), nullable=False),  # the names that are told
    Column("callback_url", Text),
    Column("kafka", JSONB),  # what the API shows of it
    Column("kafka_password", LargeBinary),  # encrypted
    Column("token_id", ForeignKey(api_token.c.id), nullable=False),  # its creator's: its text signs
    timestamp("disabled_at"),
    Column("disabled_reason", Text),
    timestamp("failing_since"),  # none delivered since
    timestamp("resent_at"),
)


def _grown(name: str, *columns: Any) -> Table:
    """A table that grows fast and is kept for a time only; its rows go with those they name."""
    made = Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        *columns,
        timestamp("created_at", nullable=False, index=True),
    )
    return aging(made, "created_at", KEPT)


def _of(other: Table) -> ForeignKey:
    return ForeignKey(other.c.id, ondelete="CASCADE")


def _where(name: str, rows: str, *columns: str) -> Index:
    return Index(f"ix_notification_delivery_{name}", *columns, postgresql_where=text(rows))


notification_event = _grown(
    "notification_event",
    Column("fact_id", BigInteger, nullable=False),  # in the outbox: the order in which things happened
    Column("name", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # what is signed and sent, to the byte
    UniqueConstraint("fact_id", "name", name="uq_notification_event_fact_id_name"),
)

notification_delivery = _grown(
    "notification_delivery",
    Column("subscription_id", _of(notification_subscription), nullable=False),
    Column("event_id", _of(notification_event), nullable=False),
    Column("fact_id", BigInteger, nullable=False),  # of its event, as are the name and the entity
    Column("name", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),  # pending, delivered, failed
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    timestamp("due_at"),  # of the next attempt; none is to come where it is missing
    timestamp("delivered_at"),
    Column("response_status", SmallInteger),  # of the last attempt, as are the next two
    Column("error", Text),
    Column("latency_ms", Integer),
    Column("bytes", Integer, nullable=False),  # of the body
    Column("log", JSONB, nullable=False, server_default="[]"),  # of each attempt: at, status, error, latencyMs
    UniqueConstraint("event_id", "subscription_id", name="uq_notification_delivery_event_id_subscription_id"),
    Index("ix_notification_delivery_subscription_id_id", "subscription_id", "id"),
    _where("pending", "status = 'pending'", "subscription_id", "fact_id"),
    _where("retried", "status = 'pending' AND attempts > 0", "subscription_id", "entity"),
    _where("failed", "status = 'failed'", "subscription_id", "id"),
)
