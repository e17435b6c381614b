"""The tables of gateways: the calls to them, each a row before it is made, and the events from them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

gateway_call = table(
    "gateway_call",
    Column("transaction_id", BigInteger, ForeignKey("payment_transaction.id"), nullable=False, index=True),
    Column("step", Text, nullable=False),  # authorize | capture | void | refund:N
    Column("key", Text, nullable=False),  # the transaction's id and the step
    Column("gateway", Text, nullable=False),
    Column("amount", Numeric, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),  # begun | unknown | done
    Column("outcome", JSONB),
    Column("attempts", Integer, nullable=False, server_default="0"),
    timestamp("due_at"),  # when it is made, or asked about, next; NULL once it is done
    Column("error", Text),
    UniqueConstraint("key"),
    UniqueConstraint("transaction_id", "step"),
    Index("ix_gateway_call_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)

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
