"""Transactions: payments, and what was tried of them. One row an authorisation, whatever becomes of it (D22)."""

from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

Status = Literal["initialized", "pending", "authorized", "failed", "reversed", "finalized", "refunded"]
Purchase = Literal[
    "session", "subscription_plan", "topup_package", "custom_fee", "payment_authorisation",
    "payment_terminal_authorisation",
]  # fmt: skip
Means = Literal["tokenized", "corporate", "balance", "subscription", "wallet", "bank_transfer", "terminal"]

payment_transaction = table(
    "payment_transaction",
    Column("status", Text, nullable=False),
    Column("purchase_type", Text, nullable=False),
    Column("purchase_id", BigInteger),  # of an authorisation the session
    Column("session_id", BigInteger, index=True),  # no foreign key: a hold is placed before there is a session
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),
    Column("partner_id", BigInteger, index=True),  # whose charge point it is, or whose user: their tokens see it
    Column("terminal_id", BigInteger, index=True),
    # how: by what the API calls the means, and the row of a stored one
    Column("means", Text),
    Column("payment_method_id", Text),  # "17", "corporate:3", NULL for the balance
    Column("method_id", BigInteger),  # of a stored card
    Column("description", Text),  # `paymentMethod`, as a terminal describes it
    Column("card", JSONB),  # cardDetails, as the API shows them
    # how much, in `currency`
    Column("currency", Text, nullable=False),
    Column("amount", Numeric, nullable=False),  # to be paid, with tax
    Column("authorized", Numeric, nullable=False, server_default="0"),
    Column("captured", Numeric, nullable=False, server_default="0"),
    Column("refunded", Numeric, nullable=False, server_default="0"),
    # where
    Column("billing_type", Text, nullable=False, server_default="internal"),
    Column("gateway", Text),
    Column("gateway_reference", Text),
    Column("ref", Text, nullable=False, server_default=""),
    Column("bank_message", Text),
    Column("failure_reason", Text),
    Column("attempt", Integer, nullable=False, server_default="1"),  # of the session's automatic ones
    Column("number", Text),
    Column("invoice_id", BigInteger),
    Column("receipt_id", BigInteger),
    Column("voucher_id", BigInteger, index=True),
    # of a subscription: a fee or session that it will pay (means `subscription`), and the bill that collects it
    Column("subscription_id", BigInteger, ForeignKey("subscription.id"), index=True),
    Column("bill_id", BigInteger, ForeignKey("payment_transaction.id"), index=True),
    timestamp("settle_due_at"),  # what follows for a bill's items, or for an item's bill, is to be done; see `bills`
    timestamp("finalized_at"),
    CheckConstraint("captured >= 0 AND refunded >= 0 AND refunded <= captured", name="refunds_within_captures"),
    CheckConstraint(
        "billing_type = 'external' OR gateway IS NULL OR captured <= authorized", name="captures_within_holds"
    ),
    Index("uq_payment_transaction_reference", "gateway", "gateway_reference", unique=True),
    Index(
        "ix_payment_transaction_items",
        "subscription_id",
        postgresql_where=text("means = 'subscription' AND status = 'pending'"),
    ),
    Index("ix_payment_transaction_settle_due", "settle_due_at", postgresql_where=text("settle_due_at IS NOT NULL")),
    Index(
        "ix_payment_transaction_open",
        "id",
        postgresql_where=text("status IN ('initialized', 'pending', 'authorized')"),
    ),
)
Index("ix_payment_transaction_created_at", payment_transaction.c.created_at)
