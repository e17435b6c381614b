"""The rows of tariffs, of the groups they are put into, and of their snapshots."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp
from ohmstead.rooms.people.partners import partner

tariff = table(
    "tariff",
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    *(Column(name, JSONB) for name in ("description", "additional_information", "learn_more_url")),
    Column("day_tariff_start", Text),  # HH:MM on the location's clock
    Column("night_tariff_start", Text),
    Column("pricing", JSONB, nullable=False, server_default="{}"),
    Column("currency", Text, nullable=False),  # ISO 4217: the base currency when it was made
    Column("stop_session", JSONB, nullable=False, server_default="{}"),
    Column("restrictions", JSONB, nullable=False, server_default="{}"),
    Column("display", JSONB, nullable=False, server_default="{}"),
    Column("partner_id", ForeignKey(partner.c.id), index=True),
    Column("integration_id", BigInteger),
    Column("external_id", Text),
    timestamp("deleted_at"),
)
tariff_group = table(
    "tariff_group",
    Column("name", Text, nullable=False),
    Column("partner_id", ForeignKey(partner.c.id), index=True),
)
tariff_group_member = table(  # the first is the base; those further down go before it
    "tariff_group_member",
    Column("tariff_group_id", ForeignKey(tariff_group.c.id, ondelete="CASCADE"), nullable=False),
    Column("tariff_id", ForeignKey(tariff.c.id), nullable=False, index=True),
    Column("place", Integer, nullable=False),  # from 0
    UniqueConstraint("tariff_group_id", "tariff_id"),
)
tariff_snapshot = table(  # never changed, never deleted
    "tariff_snapshot",
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the canonical JSON of the content
    Column("tariff_id", BigInteger, nullable=False, index=True),  # of a tariff that may be gone by now
    Column("content", JSONB, nullable=False),
)
