"""The communication log: every frame to and from a charge point, kept three months for whoever has to find a fault."""

from datetime import timedelta

from sqlalchemy import ARRAY, BigInteger, Column, Double, Index, Text

from ohmstead.kit.db import moment
from ohmstead.store.partitions import partitioned

communication_log = partitioned(
    "communication_log",
    moment("at", nullable=False),
    Column("charge_point_id", BigInteger, nullable=False),
    Column("direction", Text, nullable=False),  # in: from the charge point
    Column("action", Text),
    Column("message_id", Text),
    Column("latency_ms", Double),  # from the call to this answer
    Column("deviations", ARRAY(Text)),  # where the frame was not as OCPP wants it
    Column("raw", Text, nullable=False),
    Index(None, "charge_point_id", "at"),
    by="at",
    keep=timedelta(days=90),
)
