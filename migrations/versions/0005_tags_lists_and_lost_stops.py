"""Tags by the case and the type that OCPP gives them, local lists, and readings that name their transaction."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "local_list",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["charge_point.id"], name=op.f("fk_local_list_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_list")),
    )
    op.create_index(op.f("ix_local_list_updated_at"), "local_list", ["updated_at"], unique=False)
    op.create_index("uq_local_list", "local_list", ["station_id"], unique=True)
    op.add_column("charging_authorization", sa.Column("token_type", sa.Text(), nullable=True))
    op.drop_index(op.f("uq_id_tag_id_tag_uid"), table_name="id_tag", postgresql_where="(deleted_at IS NULL)")
    op.create_index(
        "uq_id_tag_id_tag_uid",
        "id_tag",
        [sa.literal_column('upper(id_tag_uid COLLATE "C")')],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.add_column("session", sa.Column("named_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index(op.f("ix_session_id_tag"), table_name="session")
    op.create_index("ix_session_id_tag", "session", [sa.literal_column('upper(id_tag COLLATE "C")')], unique=False)
