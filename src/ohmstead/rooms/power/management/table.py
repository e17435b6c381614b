"""What was sent to each EVSE and what it answered, kept before a frame goes out; and which node steers which tree."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import metadata, timestamp

charging_limit = Table(
    "charging_limit",
    metadata,
    Column("evse_id", BigInteger, ForeignKey("evse.id", ondelete="CASCADE"), primary_key=True),
    Column("record", JSONB, nullable=False),  # the engine's
    Column("fallback_set", Boolean, nullable=False, server_default=text("false")),  # the station took our fallback
    timestamp("updated_at", nullable=False),
)

circuit_tree = Table(
    "circuit_tree",
    metadata,
    Column("circuit_id", BigInteger, ForeignKey("circuit.id", ondelete="CASCADE"), primary_key=True),  # the root
    Column("node_id", BigInteger, nullable=False),
)
