"""Charging zones: the parts of a location, such as the decks of a car park, that charge points are grouped by."""

from sqlalchemy import BigInteger, Column, ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import moment, table

charging_zone = table(
    "charging_zone",
    Column("location_id", BigInteger, ForeignKey("location.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("additional_info", JSONB, nullable=False, server_default='{"enabled": false}'),
    moment("deleted_at"),
)
