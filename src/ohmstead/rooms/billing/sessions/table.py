"""What is to be paid of each session that costs something, and how that stands."""

from sqlalchemy import (
    BigInteger,
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

from ohmstead.kit.db import table, timestamp

session_payment = table(
    "session_payment",
    Column("session_id", BigInteger, ForeignKey("session.id"), nullable=False),
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),
    Column("currency", Text, nullable=False),
    Column("amount", Numeric, nullable=False),  # the session's price with tax
    Column("net", Numeric, nullable=False),  # without
    Column("discount", Numeric, nullable=False, server_default="0"),  # let off by a partner's contract, with tax
    Column("waived", Numeric, nullable=False, server_default="0"),  # given up
    Column("paid", Numeric, nullable=False, server_default="0"),  # collected less given back, of all its transactions
    Column("status", Text, nullable=False),  # pending | paid | partially | failed
    Column("reason", Text),  # why it is open
    Column("wish", Text),  # the means asked for: "17", "corporate:3", "auto", "balance"; "none" of who is deleted
    Column("revision", Integer, nullable=False, server_default="0"),  # how often its price was another
    Column("round", Integer, nullable=False, server_default="1"),  # in which each means is asked once
    Column("attempts", Integer, nullable=False, server_default="0"),  # rounds begun by themselves, but the first
    timestamp("due_at"),  # when it is worked on next; NULL: nothing is to be done
    timestamp("settled_at"),
    UniqueConstraint("session_id"),
    CheckConstraint("waived >= 0 AND discount >= 0", name="nothing_below_zero"),
    Index("ix_session_payment_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_session_payment_open", "user_id", postgresql_where=text("status IN ('failed', 'partially')")),
)
"""Open: amount - discount - waived - paid."""
