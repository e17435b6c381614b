"""Connectors: the plugs and sockets of an EVSE."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

from ohmstead.kit.db import moment, table

connector = table(
    "connector",
    Column("evse_id", BigInteger, ForeignKey("evse.id"), nullable=False, index=True),
    Column("network_id", Integer),  # its number within the EVSE, from 1 (OCPP 2.x)
    Column("type", Text, nullable=False),
    Column("format", Text),
    Column("status", Text, nullable=False, server_default="enabled"),
    moment("deleted_at"),
)
