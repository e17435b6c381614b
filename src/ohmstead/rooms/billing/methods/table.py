"""Stored means of payment, and the requests to store one."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

payment_method = table(
    "payment_method",
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),  # NULL: who has no account, for one charge
    Column("gateway", Text, nullable=False),
    Column("token", Text, nullable=False),  # the provider's name for it
    Column("kind", Text, nullable=False),  # card | bank_transfer
    Column("brand", Text, nullable=False),
    Column("last4", Text, nullable=False),
    Column("exp_month", Integer),
    Column("exp_year", Integer),
    Column("wallet", Text),
    Column("is_default", Boolean, nullable=False, server_default=text("false")),
    timestamp("removed_at"),
    timestamp("forget_at"),  # when the provider is told to forget it; NULL: it is not, or has been
    Column("forget_failures", Integer, nullable=False, server_default="0"),
    Index("ix_payment_method_forget", "forget_at", postgresql_where=text("forget_at IS NOT NULL")),
    Index("uq_payment_method_default", "user_id", unique=True, postgresql_where=text("is_default")),
    Index("uq_payment_method_token", "gateway", "token", unique=True),
)

setup_request = table(
    "setup_request",
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),
    Column("gateway", Text, nullable=False),
    Column("reference", Text),  # the provider's; NULL until it answered
    Column("kind", Text, nullable=False),  # card | bank_transfer
    Column("amount", Numeric),  # that will be held, in `currency`, for the page
    Column("currency", Text),
    Column("client", JSONB, nullable=False, server_default="{}"),
    Column("status", Text, nullable=False),  # begun | stored | failed
    Column("method_id", BigInteger, ForeignKey("payment_method.id")),
    Index("uq_setup_request_reference", "gateway", "reference", unique=True),
)
