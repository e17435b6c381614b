"""Payment terminals and their tokens."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261130_a178a4"
down_revision = "20261130_b49da3"


def upgrade() -> None:
    op.create_table(
        "payment_terminal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("terminal_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("charging_zone_id", sa.BigInteger(), nullable=True),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=True),
        sa.Column("serial_number", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("integration_id", sa.BigInteger(), nullable=True),
        sa.Column("operator_id", sa.BigInteger(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("adyen_api_key", sa.LargeBinary(), nullable=True),
        sa.Column("online_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_point_id"], ["charge_point.id"], name=op.f("fk_payment_terminal_charge_point_id")
        ),
        sa.ForeignKeyConstraint(
            ["charging_zone_id"], ["charging_zone.id"], name=op.f("fk_payment_terminal_charging_zone_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_terminal")),
    )
    op.create_index(op.f("ix_payment_terminal_charge_point_id"), "payment_terminal", ["charge_point_id"], unique=False)
    op.create_index(
        op.f("ix_payment_terminal_charging_zone_id"), "payment_terminal", ["charging_zone_id"], unique=False
    )
    op.create_index(op.f("ix_payment_terminal_serial_number"), "payment_terminal", ["serial_number"], unique=False)
    op.create_index(op.f("ix_payment_terminal_updated_at"), "payment_terminal", ["updated_at"], unique=False)
    op.add_column("api_token", sa.Column("terminal_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_api_token_terminal_id"), "api_token", ["terminal_id"], unique=False)
    op.create_foreign_key(op.f("fk_api_token_terminal_id"), "api_token", "payment_terminal", ["terminal_id"], ["id"])
    op.drop_constraint(op.f("ck_api_token_bound_to_one"), "api_token", type_="check")
    op.create_check_constraint(
        op.f("ck_api_token_bound_to_one"), "api_token", "num_nonnulls(partner_id, sub_operator_id, terminal_id) <= 1"
    )
