"""Refunds, each with the key of whoever wanted it; those that were made at the provider by hand among them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
)

from ohmstead.kit.db import table, timestamp

payment_refund = table(
    "payment_refund",
    Column("transaction_id", BigInteger, ForeignKey("payment_transaction.id"), nullable=False),
    Column("number", Integer, nullable=False),  # of the transaction's, from 1
    Column("key", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("by_operator", Boolean, nullable=False),  # not because the price fell: it lowers what was sold
    Column("reason", Text),
    timestamp("booked_at"),  # when the money had gone; NULL: the provider has not said so (yet)
    UniqueConstraint("transaction_id", "number"),
    UniqueConstraint("transaction_id", "key"),
    CheckConstraint("amount > 0", name="above_zero"),
)
