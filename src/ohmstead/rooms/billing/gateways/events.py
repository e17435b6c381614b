"""Events of gateways: each is taken once by its id, and kept until the payment it is about is known."""

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

gateway_event = table(
    "gateway_event",
    Column("gateway", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("reference", Text),  # the provider's name of the payment or the set-up
    Column("content", JSONB, nullable=False),  # as `gateway.Event`
    timestamp("applied_at"),
    UniqueConstraint("gateway", "event_id"),
    Index("ix_gateway_event_waiting", "gateway", "reference", postgresql_where=text("applied_at IS NULL")),
)
