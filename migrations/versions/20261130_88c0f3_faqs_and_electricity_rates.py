"""FAQs and electricity rates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261130_88c0f3"
down_revision = "20261130_51c0de"


def upgrade() -> None:
    op.create_table(
        "electricity_rate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("utility_id", sa.BigInteger(), nullable=True),
        sa.Column("default_price", sa.Numeric(), nullable=False),
        sa.Column("tax_percentage", sa.Numeric(), nullable=True),
        sa.Column("type", sa.Text(), server_default="admin_defined", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_electricity_rate")),
    )
    op.create_index(op.f("ix_electricity_rate_updated_at"), "electricity_rate", ["updated_at"], unique=False)
    op.create_table(
        "faq",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("question", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq")),
    )
    op.create_index(op.f("ix_faq_updated_at"), "faq", ["updated_at"], unique=False)
    op.create_table(
        "energy_mix",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("electricity_rate_id", sa.BigInteger(), nullable=False),
        sa.Column("solar", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("wind", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("hydro", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("nuclear", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("coal", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("natural_gas", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("other_renewable", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("other_non_renewable", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["electricity_rate_id"],
            ["electricity_rate.id"],
            name=op.f("fk_energy_mix_electricity_rate_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_energy_mix")),
        sa.UniqueConstraint("electricity_rate_id", name=op.f("uq_energy_mix_electricity_rate_id")),
    )
    op.create_index(op.f("ix_energy_mix_updated_at"), "energy_mix", ["updated_at"], unique=False)
    op.create_table(
        "price_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("electricity_rate_id", sa.BigInteger(), nullable=False),
        sa.Column("week_day", sa.Text(), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("periods", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["electricity_rate_id"],
            ["electricity_rate.id"],
            name=op.f("fk_price_day_electricity_rate_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_day")),
        sa.UniqueConstraint("electricity_rate_id", "date", name=op.f("uq_price_day_electricity_rate_id_date")),
        sa.UniqueConstraint("electricity_rate_id", "week_day", name=op.f("uq_price_day_electricity_rate_id_week_day")),
    )
    op.create_index(op.f("ix_price_day_updated_at"), "price_day", ["updated_at"], unique=False)
    op.create_index(op.f("ix_charge_point_electricity_rate_id"), "charge_point", ["electricity_rate_id"], unique=False)
    # there were no rates that these could name
    op.execute("UPDATE charge_point SET electricity_rate_id = NULL WHERE electricity_rate_id IS NOT NULL")
    op.create_foreign_key(
        op.f("fk_charge_point_electricity_rate_id"),
        "charge_point",
        "electricity_rate",
        ["electricity_rate_id"],
        ["id"],
        ondelete="SET NULL",
    )
