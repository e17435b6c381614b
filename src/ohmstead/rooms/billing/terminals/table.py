"""The payment terminal's row: where it stands, whose device it is, and what its kind has of its own."""

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

payment_terminal = table(
    "payment_terminal",
    Column("terminal_type", Text, nullable=False),
    Column("name", Text),
    Column("charging_zone_id", BigInteger, ForeignKey("charging_zone.id"), index=True),
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), index=True),
    Column("serial_number", Text, index=True),
    Column("external_id", Text),
    # what its provider and its operator are called where they are kept, which is not here
    Column("integration_id", BigInteger),
    Column("operator_id", BigInteger),
    Column("details", JSONB, nullable=False, server_default="{}"),  # its kind's own fields, by their attributes
    Column("adyen_api_key", LargeBinary),  # encrypted
    timestamp("online_until"),  # NULL: nothing was ever heard of it
    timestamp("deleted_at"),
)
