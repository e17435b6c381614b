"""The gateway for crowds."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("audit", sa.Column("refused", sa.Text(), nullable=True))
    op.add_column("charge_point", sa.Column("clock_drift", sa.Double(), nullable=True))
    op.add_column("charge_point", sa.Column("clock_drift_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("communication_log", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("communication_log", sa.Column("answer", sa.Text(), nullable=True))
    op.create_index(op.f("ix_communication_log_answered_at"), "communication_log", ["answered_at"], unique=False)
    op.create_index(
        op.f("ix_communication_log_charge_point_id_answered_at"),
        "communication_log",
        ["charge_point_id", "answered_at"],
        unique=False,
    )
    op.add_column("reservation", sa.Column("waits", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index(
        "ix_reservation_waits",
        "reservation",
        ["evse_id"],
        unique=False,
        postgresql_where=sa.text("waits AND status = 'active'"),
    )
    op.create_index(op.f("ix_station_event_at"), "station_event", ["at"], unique=False)
    # The outbox is told of after the commit: a transaction that notifies makes all others wait for its own.
    op.execute("DROP TRIGGER outbox_told ON outbox")
    op.execute("DROP FUNCTION tell_outbox()")
