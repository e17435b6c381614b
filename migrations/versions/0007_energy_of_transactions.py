"""Energy of transactions."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "begun_transaction",
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("transaction_ref", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("energy_wh", sa.Double(), nullable=True),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["charge_point.id"], name=op.f("fk_begun_transaction_station_id")),
        sa.PrimaryKeyConstraint("station_id", "transaction_ref", name=op.f("pk_begun_transaction")),
    )
    op.add_column("session", sa.Column("meter_start_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("session", sa.Column("meter_rebased", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index("ix_session_anomalies", "session", ["id"], unique=False, postgresql_where=sa.text("anomalies > 0"))
    # what is behind the ten-thousandth is no energy but how floats are stored
    op.execute(
        "UPDATE session SET energy_wh = round(energy_wh::numeric, 4)::float8"
        " WHERE energy_wh <> round(energy_wh::numeric, 4)::float8"
    )
