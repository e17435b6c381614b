"""What the display of a station was told, and what of it the station does not know."""

from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Integer, Text, any_, literal
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.db import table, timestamp

station_display = table(
    "station_display",
    Column("station_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, unique=True),
    Column("unknown", ARRAY(Text), nullable=False, server_default="{}"),  # commands that mean nothing to it
    Column("told", JSONB),  # the default price it was last told: a text, and one for when it is offline
    Column("tries", Integer, nullable=False, server_default="0"),  # in vain, to tell it the one that it should show
    timestamp("due_at"),  # until when it is not told
)


def shows_messages(capabilities: ColumnElement[list[str]]) -> ColumnElement[bool]:
    """Whether a charge point of these capabilities has a display for us."""
    return literal("display_messages") == any_(capabilities)
