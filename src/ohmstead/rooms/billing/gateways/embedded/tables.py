"""Tables of the embedded gateway. Nobody else reads them: it is a provider, and could be on another machine."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

embedded_card = table(
    "embedded_card",
    Column("token", Text, nullable=False),
    Column("brand", Text, nullable=False),
    Column("last4", Text, nullable=False),  # all that is kept of the number
    Column("exp_month", Integer, nullable=False),
    Column("exp_year", Integer, nullable=False),
    Column("behaviour", Text, nullable=False),  # see `known_cards`
    timestamp("forgotten_at"),
    UniqueConstraint("token"),
)

embedded_setup = table(
    "embedded_setup",
    Column("key", Text, nullable=False),  # of who began it
    Column("reference", Text, nullable=False),
    Column("return_url", Text),
    Column("amount", Numeric),  # that will be held, for the page to show
    Column("currency", Text),
    Column("state", Text, nullable=False),  # open | challenged | stored | closed
    Column("reason", Text),  # why the last card was refused
    Column("attempts", Integer, nullable=False, server_default="0"),  # that were refused
    Column("card_id", BigInteger, ForeignKey("embedded_card.id")),  # stored, or to be confirmed
    timestamp("expires_at", nullable=False),
    UniqueConstraint("key"),
    UniqueConstraint("reference"),
)

embedded_payment = table(
    "embedded_payment",
    Column("reference", Text, nullable=False),
    Column("card_id", BigInteger, ForeignKey("embedded_card.id"), nullable=False),
    Column("description", Text, nullable=False),
    Column("amount", Numeric, nullable=False),  # that was to be held, in `currency`
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),  # authorized | captured | voided | declined
    Column("authorized", Numeric, nullable=False),
    Column("captured", Numeric, nullable=False, server_default="0"),
    Column("refunded", Numeric, nullable=False, server_default="0"),
    Column("reason", Text),
    timestamp("settles_at"),  # until when it is said to be pending, where it is
    UniqueConstraint("reference"),
)

embedded_call = table(
    "embedded_call",
    Column("key", Text, nullable=False),
    Column("payment_id", BigInteger, ForeignKey("embedded_payment.id"), nullable=False, index=True),
    Column("step", Text, nullable=False),  # authorize | capture | void | refund
    Column("amount", Numeric, nullable=False),
    Column("times", Integer, nullable=False, server_default="1"),  # it came; it was done the first time
    UniqueConstraint("key"),
)

embedded_event = table(
    "embedded_event",
    Column("payment_id", BigInteger, ForeignKey("embedded_payment.id"), index=True),
    Column("setup_id", BigInteger, ForeignKey("embedded_setup.id")),
    Column("kind", Text, nullable=False),  # setup.stored, payment.captured, …
    Column("content", JSONB, nullable=False),  # what is sent
    timestamp("due_at"),  # when it is sent next; NULL: it was, or is not by itself
    timestamp("sent_at"),
    Column("failures", Integer, nullable=False, server_default="0"),  # one after the other
    Index("ix_embedded_event_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
