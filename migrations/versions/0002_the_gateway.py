"""The gateway."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "firmware_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("firmware_version", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("charge_point_vendor_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("signing_certificate", sa.Text(), nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firmware_version")),
    )
    op.create_index(
        op.f("ix_firmware_version_charge_point_vendor_id"), "firmware_version", ["charge_point_vendor_id"], unique=False
    )
    op.create_index(op.f("ix_firmware_version_updated_at"), "firmware_version", ["updated_at"], unique=False)
    op.create_table(
        "firmware_version_model",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("firmware_version_id", sa.BigInteger(), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["firmware_version_id"],
            ["firmware_version.id"],
            name=op.f("fk_firmware_version_model_firmware_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firmware_version_model")),
        sa.UniqueConstraint("firmware_version_id", "model_id", name="uq_firmware_version_model"),
    )
    op.create_index(op.f("ix_firmware_version_model_model_id"), "firmware_version_model", ["model_id"], unique=False)
    op.create_index(
        op.f("ix_firmware_version_model_updated_at"), "firmware_version_model", ["updated_at"], unique=False
    )
    op.create_table(
        "configuration_sync",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("keys", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("after_boot", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_point_id"], ["charge_point.id"], name=op.f("fk_configuration_sync_charge_point_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration_sync")),
    )
    op.create_index(
        "ix_configuration_sync_due",
        "configuration_sync",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL AND after_boot"),
    )
    op.create_index(op.f("ix_configuration_sync_updated_at"), "configuration_sync", ["updated_at"], unique=False)
    op.create_table(
        "configuration_variable",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("component_name", sa.Text(), server_default="", nullable=False),
        sa.Column("instance", sa.Text(), server_default="", nullable=False),
        sa.Column("evse_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("max_limit", sa.Integer(), nullable=True),
        sa.Column("readonly", sa.Boolean(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("reboot_required", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_point_id"], ["charge_point.id"], name=op.f("fk_configuration_variable_charge_point_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration_variable")),
        sa.UniqueConstraint("charge_point_id", "name", "component_name", "instance", "evse_number", name="uq_variable"),
    )
    op.create_index(
        op.f("ix_configuration_variable_updated_at"), "configuration_variable", ["updated_at"], unique=False
    )
    op.create_table(
        "firmware_update",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("firmware_version_id", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("retrieve_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_point_id"], ["charge_point.id"], name=op.f("fk_firmware_update_charge_point_id")
        ),
        sa.ForeignKeyConstraint(
            ["firmware_version_id"],
            ["firmware_version.id"],
            name=op.f("fk_firmware_update_firmware_version_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firmware_update")),
    )
    op.create_index(
        op.f("ix_firmware_update_charge_point_id_id"), "firmware_update", ["charge_point_id", "id"], unique=False
    )
    op.create_index(op.f("ix_firmware_update_updated_at"), "firmware_update", ["updated_at"], unique=False)
    op.create_table(
        "log_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["charge_point_id"], ["charge_point.id"], name=op.f("fk_log_request_charge_point_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_request")),
    )
    op.create_index(op.f("ix_log_request_charge_point_id_id"), "log_request", ["charge_point_id", "id"], unique=False)
    op.create_index(op.f("ix_log_request_updated_at"), "log_request", ["updated_at"], unique=False)
    op.create_table(
        "security_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("tech_info", sa.Text(), nullable=True),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_point_id"], ["charge_point.id"], name=op.f("fk_security_event_charge_point_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_event")),
    )
    op.create_index(op.f("ix_security_event_charge_point_id"), "security_event", ["charge_point_id"], unique=False)
    op.create_index(op.f("ix_security_event_timestamp"), "security_event", ["timestamp"], unique=False)
    op.create_index(op.f("ix_security_event_updated_at"), "security_event", ["updated_at"], unique=False)
    op.create_table(
        "laid_profile",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("evse_network_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("stack_level", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_laid_profile_session_id")),
        sa.ForeignKeyConstraint(["station_id"], ["charge_point.id"], name=op.f("fk_laid_profile_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_laid_profile")),
    )
    op.create_index(op.f("ix_laid_profile_session_id"), "laid_profile", ["session_id"], unique=False)
    op.create_index(op.f("ix_laid_profile_updated_at"), "laid_profile", ["updated_at"], unique=False)
    op.create_index(
        "uq_laid_profile", "laid_profile", ["station_id", "evse_network_id", "purpose", "stack_level"], unique=True
    )
    op.create_table(
        "reservation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("evse_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["charge_point_id"], ["charge_point.id"], name=op.f("fk_reservation_charge_point_id")),
        sa.ForeignKeyConstraint(["evse_id"], ["evse.id"], name=op.f("fk_reservation_evse_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_reservation_session_id")),
        sa.ForeignKeyConstraint(["station_id"], ["charge_point.id"], name=op.f("fk_reservation_station_id")),
        sa.ForeignKeyConstraint(["user_id"], ["ev_user.id"], name=op.f("fk_reservation_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
    )
    op.create_index(op.f("ix_reservation_charge_point_id"), "reservation", ["charge_point_id"], unique=False)
    op.create_index(op.f("ix_reservation_evse_id"), "reservation", ["evse_id"], unique=False)
    op.create_index(op.f("ix_reservation_updated_at"), "reservation", ["updated_at"], unique=False)
    op.create_index(op.f("ix_reservation_user_id_reserved_at"), "reservation", ["user_id", "reserved_at"], unique=False)
    op.create_index(
        "uq_reservation_active", "reservation", ["evse_id"], unique=True, postgresql_where=sa.text("status = 'active'")
    )
    op.add_column("session", sa.Column("transaction_ref", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_session_station_id_transaction_ref"), "session", ["station_id", "transaction_ref"], unique=False
    )
