"""The rows of pricing: how far the price of a session has come, and what was said of the charge that it depends on."""

from sqlalchemy import Column, ForeignKey, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import metadata, table, timestamp
from ohmstead.rooms.charging.session_table import session

session_price = Table(
    "session_price",
    metadata,
    Column("session_id", ForeignKey(session.c.id), primary_key=True),
    Column("run", JSONB),  # the state of the running price, to go on from
    timestamp("until"),  # what was told of the session up to here is in it
    Column("priced", JSONB),  # the figures that the final price was made of: start, end, Wh
    Column("lines", JSONB),
    Column("periods", JSONB),
    timestamp("priced_at"),
)
charging_mark = table(
    "charging_mark",
    Column("session_id", ForeignKey(session.c.id), nullable=False),
    timestamp("at", nullable=False),
    # charging | suspended_ev | suspended_evse, as the station says; withheld | given, by limits below what counts as
    # charging, released, by those that leave unused what they are given; unoffered | offered, as the meter tells of it;
    # boosted | optimised, by the driver's wish
    Column("kind", Text, nullable=False),
    UniqueConstraint("session_id", "at", "kind"),
)
