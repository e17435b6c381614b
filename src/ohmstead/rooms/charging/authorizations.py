"""Authorizations: who was let charge, or was not, by what means and why."""

from sqlalchemy import BigInteger, Column, ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table

authorization = table(
    "charging_authorization",
    Column("method", Text, nullable=False),
    Column("source", Text, nullable=False, server_default="local"),
    Column("status", Text, nullable=False),
    Column("rejection_reason", Text),
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),
    Column("id_tag_uid", Text),  # as the station or the client sent it
    Column("roaming", JSONB),
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, index=True),
    Column("evse_id", BigInteger, ForeignKey("evse.id")),
)
