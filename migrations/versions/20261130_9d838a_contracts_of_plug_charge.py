"""Contracts of Plug & Charge."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_9d838a"
down_revision = "20261130_7306f5"


def upgrade() -> None:
    op.create_table(
        "contract_certificate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("emaid", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_certificate")),
        sa.UniqueConstraint("emaid", name=op.f("uq_contract_certificate_emaid")),
        sa.UniqueConstraint("serial", name=op.f("uq_contract_certificate_serial")),
    )
    op.create_index(op.f("ix_contract_certificate_updated_at"), "contract_certificate", ["updated_at"], unique=False)
    op.create_table(
        "provisioning_certificate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pc_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vehicle_type", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ev_user.id"], name=op.f("fk_provisioning_certificate_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provisioning_certificate")),
    )
    op.create_index(
        op.f("ix_provisioning_certificate_updated_at"), "provisioning_certificate", ["updated_at"], unique=False
    )
    op.create_index(op.f("ix_provisioning_certificate_user_id"), "provisioning_certificate", ["user_id"], unique=False)
    op.create_index(
        "uq_provisioning_certificate_pc_id",
        "provisioning_certificate",
        [sa.literal_column('upper(left(pc_id, 17) COLLATE "C")')],
        unique=True,
    )
    op.add_column("id_tag", sa.Column("provisioning_certificate_id", sa.BigInteger(), nullable=True))
    op.create_index(
        op.f("ix_id_tag_provisioning_certificate_id"), "id_tag", ["provisioning_certificate_id"], unique=False
    )
    op.create_index(
        "uq_id_tag_active_emaid",
        "id_tag",
        ["provisioning_certificate_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL AND status = 'enabled'"),
    )
    op.create_foreign_key(
        op.f("fk_id_tag_provisioning_certificate_id"),
        "id_tag",
        "provisioning_certificate",
        ["provisioning_certificate_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.add_column("local_list", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_local_list_due_at", "local_list", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(
        "ix_local_list_tags",
        "local_list",
        ["tags"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"tags": "jsonb_path_ops"},
    )
