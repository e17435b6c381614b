"""Partners and sub-operators."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261130_223c5e"
down_revision = "20261130_c10c4e"

OWNED = ("api_token", "charge_point", "ev_user", "id_tag", "location")
NAMED = " UNION ".join(f"SELECT partner_id FROM {table} WHERE partner_id IS NOT NULL" for table in OWNED)


def upgrade() -> None:
    op.create_table(
        "partner",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("business_name", sa.Text(), nullable=True),
        sa.Column("reg_no", sa.Text(), nullable=True),
        sa.Column("vat_no", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("contact_details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "notifications",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default='{"technical": {"chargePointFaults": false}, "billing": {"settlementReports": false}}',
            nullable=False,
        ),
        sa.Column(
            "options",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default='{"createUsers": false, "addUserBalance": false, "supplierOnReceipts": false, '
            '"allowToControlTariffs": false, "allowToControlTariffGroups": false}',
            nullable=False,
        ),
        sa.Column(
            "corporate_billing",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default='{"enabled": false}',
            nullable=False,
        ),
        sa.Column("bank_details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("monthly_platform_fee", sa.Numeric(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
    )
    op.create_index("ix_partner_external_id", "partner", ["external_id"], unique=False)
    op.create_index(op.f("ix_partner_updated_at"), "partner", ["updated_at"], unique=False)
    op.create_table(
        "sub_operator",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("partner_ids", sa.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sub_operator")),
    )
    op.create_index(op.f("ix_sub_operator_updated_at"), "sub_operator", ["updated_at"], unique=False)
    op.add_column("api_token", sa.Column("sub_operator_id", sa.BigInteger(), nullable=True))
    # Until now a partner was any number. What has one keeps it, and its rights: a partner of that number is made.
    op.execute(
        "INSERT INTO partner (id, name, created_at, updated_at)"
        f" SELECT partner_id, 'Partner ' || partner_id, now(), now() FROM ({NAMED}) AS named"
    )
    op.execute("SELECT setval(pg_get_serial_sequence('partner', 'id'), max(id)) FROM partner HAVING count(*) > 0")
    op.create_check_constraint(
        op.f("ck_api_token_bound_to_one"), "api_token", "partner_id IS NULL OR sub_operator_id IS NULL"
    )
    op.create_foreign_key(op.f("fk_api_token_partner_id"), "api_token", "partner", ["partner_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_api_token_sub_operator_id"), "api_token", "sub_operator", ["sub_operator_id"], ["id"]
    )
    op.create_foreign_key(op.f("fk_charge_point_partner_id"), "charge_point", "partner", ["partner_id"], ["id"])
    op.drop_column("charge_point", "sub_operator_id")
    op.create_foreign_key(op.f("fk_ev_user_partner_id"), "ev_user", "partner", ["partner_id"], ["id"])
    op.create_foreign_key(op.f("fk_id_tag_partner_id"), "id_tag", "partner", ["partner_id"], ["id"])
    op.create_foreign_key(op.f("fk_location_partner_id"), "location", "partner", ["partner_id"], ["id"])
