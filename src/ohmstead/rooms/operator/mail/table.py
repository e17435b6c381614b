"""The rows of e-mails, which are gone once they were sent, or a while after they were given up."""

from datetime import timedelta

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Text, text

from ohmstead.kit.db import table, timestamp
from ohmstead.store.partitions import aging

KEPT = timedelta(days=30)

email_message = table(
    "email_message",
    Column("to", Text, nullable=False),
    Column("reply_to", Text),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),  # plain text
    timestamp("due_at"),  # when it is tried next; NULL: it was given up
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("problem", Text),
    Index("ix_email_message_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
aging(email_message, "created_at", KEPT)
email_attachment = table(
    "email_attachment",
    Column(
        "email_message_id", BigInteger, ForeignKey("email_message.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
