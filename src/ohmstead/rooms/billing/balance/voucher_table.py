"""Vouchers: each is an amount that was, or may be, put on one user's balance, and what is left of it there. Top-ups are
vouchers too, which were redeemed when they were made."""

from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

Type = Literal[
    "voucher", "manual_top_up", "auto_top_up", "top_up_by_operator", "api_top_up", "promo_code", "subscribe_to_plan",
]  # fmt: skip

voucher = table(
    "voucher",
    Column("code", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("promo_code", Text),
    Column("status", Text, nullable=False, server_default="enabled"),  # whether it may be redeemed
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("remaining_amount", Numeric, nullable=False),
    Column("expire_date", Date),  # its last day, on the operator's clock
    Column("validity_period", Text),  # an interval of PostgreSQL
    Column("assign_before_date", Date),
    timestamp("redeemed_at"),
    timestamp("expires_at"),  # of one that is redeemed: the end of `expire_date`
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),
    Column("transaction_id", BigInteger, index=True),
    Column("created_by_admin_id", BigInteger),
    Column("description", Text),
    Column("title", JSONB, nullable=False, server_default="[]"),
    Column("app_info", Text),
    CheckConstraint("remaining_amount BETWEEN 0 AND amount", name="spent_once"),
    CheckConstraint("(redeemed_at IS NULL) = (user_id IS NULL)", name="redeemed_by_somebody"),
    Index("uq_voucher_code", "code", unique=True),
    Index("ix_voucher_expires_at", "expires_at", postgresql_where=text("remaining_amount > 0")),
)
"""What is left on vouchers of a user sums up to the balance, or to nothing where that is below 0."""
