"""ID tags: the cards, cars and contracts that open a charge point for a user."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, func, text

from ohmstead.kit.db import moment, table

id_tag = table(
    "id_tag",
    Column("id_tag_uid", Text, nullable=False),  # kept as given; equal without regard to case, as OCPP's CiString
    Column("id_label", Text),
    moment("expire_at"),
    Column("status", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("vehicle_type", Text),
    Column("payment_method_id", Text),
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),
    Column("external_id", Text),
    Column("partner_id", BigInteger, index=True),
    moment("deleted_at"),
    Index(
        "uq_id_tag_id_tag_uid", func.upper(text("id_tag_uid")), unique=True, postgresql_where=text("deleted_at IS NULL")
    ),
)
