"""The row of raising: a charge point that is to use a higher security profile, and how far that is."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, SmallInteger, Text, text

from ohmstead.kit.db import table, timestamp

security_raise = table(
    "security_raise",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, unique=True),
    Column("desired", SmallInteger, nullable=False),
    Column("trying", SmallInteger, nullable=False),  # lower than desired once that has failed for good
    Column("attempts", SmallInteger, nullable=False, server_default="0"),  # of what is being tried
    # waits: for its turn; certificate: it was asked to want one; told: it was told to change and has not come back yet
    Column("stage", Text, nullable=False, server_default="waits"),
    timestamp("due_at"),  # None: with the next boot
    timestamp("finished_at"),
    Column("error", Text),
    Index("ix_security_raise_due", "due_at", postgresql_where=text("finished_at IS NULL")),
)
