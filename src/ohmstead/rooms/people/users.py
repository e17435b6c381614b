"""Users: the people who charge, their accounts and what they may do."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Index, Numeric, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import moment, table

_LIVING = text("deleted_at IS NULL")

ev_user = table(
    "ev_user",
    Column("email", Text, nullable=False),
    moment("email_verified"),
    Column("password_hash", Text, nullable=False),  # argon2id, never shown
    Column("require_password_reset", Boolean, nullable=False, server_default="false"),
    *(Column(name, Text) for name in ("first_name", "middle_name", "last_name", "phone", "country", "state", "city")),
    *(Column(name, Text) for name in ("post_code", "address", "vehicle_no", "personal_id", "locale", "external_id")),
    Column("balance", Numeric, nullable=False, server_default="0"),  # in the base currency
    Column("status", Text, nullable=False, server_default="enabled"),
    Column("user_group_ids", ARRAY(BigInteger), nullable=False, server_default="{}"),
    Column("subscription_id", BigInteger),
    Column("sessions_allowed", Text, nullable=False, server_default="single_session"),
    Column("receive_news_and_promotions", Boolean, nullable=False, server_default="false"),
    Column("bank_details", JSONB, nullable=False, server_default="{}"),
    Column("external_app_data", JSONB),
    Column("nonce", Text),
    Column("created_by", Text, nullable=False),
    Column("partner_id", BigInteger, index=True),
    moment("deleted_at"),
    Index("uq_ev_user_email", func.lower(text("email")), unique=True, postgresql_where=_LIVING),
    Index("uq_ev_user_nonce", "nonce", unique=True),
    Index("ix_ev_user_external_id", "external_id"),
    Index("ix_ev_user_user_group_ids", "user_group_ids", postgresql_using="gin"),
)
