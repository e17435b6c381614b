"""Partners of what is noted of charge points: authorizations, reservations, downtime, security events."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_51c0de"
down_revision = "0007"

TABLES = ("charging_authorization", "reservation", "downtime_period", "security_event")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("partner_id", sa.BigInteger(), nullable=True))
        op.execute(
            f"UPDATE {table} SET partner_id = charge_point.partner_id FROM charge_point"
            f" WHERE charge_point.id = {table}.charge_point_id AND charge_point.partner_id IS NOT NULL"
        )
        op.create_index(f"ix_{table}_partner_id_id", table, ["partner_id", "id"])
