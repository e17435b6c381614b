"""The rows of locations: a site with an address, opening hours and charge points."""

from sqlalchemy import ARRAY, BigInteger, Column, Double, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

TRANSLATED = ("name", "description", "short_description", "additional_description", "address", "street_address")

location = table(
    "location",
    *(Column(name, JSONB, nullable=False, server_default="[]") for name in TRANSLATED),  # [{locale, translation}]
    Column("external_id", Text),
    Column("partner_id", BigInteger, ForeignKey("partner.id")),  # whose token made it; NULL: the operator's
    Column("latitude", Double),  # degrees, north
    Column("longitude", Double),  # degrees, east
    Column("city", Text),
    Column("region", Text),
    Column("state", Text),
    Column("country", Text),
    Column("post_code", Text),
    Column("timezone", Text),  # IANA name; NULL: the operator's
    Column("status", Text, nullable=False, server_default="enabled"),
    Column("parking_type", Text),
    Column("access_methods", ARRAY(Text)),
    Column("facilities", ARRAY(Text)),
    Column("working_hours", JSONB, nullable=False, server_default='{"isAlwaysOpen": true}'),
    Column("location_image", JSONB),
    Column("images", JSONB, nullable=False, server_default="[]"),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("external_app_data", JSONB),
    Column("roaming_operator_id", BigInteger),  # set: the location is a roaming partner's, not ours
    Column("roaming", JSONB),
    timestamp("deleted_at"),
    Index("uq_location_external_id", "external_id", unique=True, postgresql_where=text("deleted_at IS NULL")),
    Index("ix_location_partner_id", "partner_id"),
)
