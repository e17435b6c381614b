"""The rows of subscriptions, their cycles, and what was used of the energy that is in them.

Locks are taken in this order: transactions (by id), session_payment, session, subscription, user and vouchers, ledger.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

subscription = table(
    "subscription",
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), nullable=False, index=True),
    Column("plan_id", BigInteger, ForeignKey("subscription_plan.id"), nullable=False, index=True),
    Column("status", Text, nullable=False),  # pending | active | suspended | canceled | expired, or failed to begin
    timestamp("status_at", nullable=False),
    timestamp("started_at", nullable=False),
    Column("lapses", JSONB, nullable=False, server_default="[]"),  # [from, to] of times in which it was not in force
    Column("zone", Text, nullable=False),  # the operator's when it began: on its clock renewals fall
    timestamp("anchor", nullable=False),  # by its day and hour cycles begin
    Column("cycle", Integer, nullable=False, server_default="0"),  # the one that runs
    timestamp("cycle_started_at", nullable=False),
    timestamp("ends_at", nullable=False),  # the end of the cycle that runs
    Column("auto_renewal", Boolean, nullable=False),
    Column("terms", JSONB, nullable=False),  # of the plan as it was when this cycle began: see terms.py
    Column("free_periods_left", Integer),
    Column("external", Boolean, nullable=False, server_default="false"),  # another system collects
    timestamp("due_at"),  # when it is looked at next: renewed, charged again, or ended; NULL: never
    Column("attempts", Integer, nullable=False, server_default="0"),  # times that its fee was tried again
    timestamp("bill_due_at"),  # what was accumulated is billed: at the threshold, before the cycle's end
    CheckConstraint("ends_at > cycle_started_at", name="cycles_last"),
    Index(
        "uq_subscription_of_user",
        "user_id",
        unique=True,
        postgresql_where=text("status IN ('pending', 'active', 'suspended')"),
    ),
    Index("ix_subscription_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_subscription_bill_due", "bill_due_at", postgresql_where=text("bill_due_at IS NOT NULL")),
)
subscription_cycle = table(  # one for each renewal, the first for the activation; a post-paid one's fee is of its end
    "subscription_cycle",
    Column("subscription_id", BigInteger, ForeignKey("subscription.id"), nullable=False),
    Column("number", Integer, nullable=False),  # from 0
    Column("plan_id", BigInteger, ForeignKey("subscription_plan.id"), nullable=False),
    timestamp("starts_at", nullable=False),
    timestamp("ends_at", nullable=False),
    Column("fee", Numeric, nullable=False, server_default="0"),  # with tax, in `currency`
    Column("net", Numeric, nullable=False, server_default="0"),
    Column("currency", Text),
    Column("tax_id", BigInteger),  # the default one of its time
    Column("tax_percentage", Numeric),
    Column("transaction_id", BigInteger, ForeignKey("payment_transaction.id"), unique=True),  # that pays its fee now
    UniqueConstraint("subscription_id", "number"),
)
allowance_use = table(
    "allowance_use",
    Column("subscription_id", BigInteger, ForeignKey("subscription.id"), nullable=False),
    Column("session_id", BigInteger, ForeignKey("session.id"), nullable=False, index=True),
    timestamp("starts_at", nullable=False),  # of the cycle of the allowance in which the energy flowed
    Column("kind", Text, nullable=False),  # ac | dc: of the EVSE, whatever the allowance is of
    Column("energy_wh", BigInteger, nullable=False),
    UniqueConstraint("subscription_id", "session_id", "starts_at"),
    CheckConstraint("energy_wh >= 0", name="energy_not_below_zero"),
)
