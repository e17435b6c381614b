"""When and whether loads of circuits were measured."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.alter_column("circuit_load", "at", new_column_name="managed_at")
    op.add_column("circuit_load", sa.Column("managed_is_measured", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("circuit_load", sa.Column("unmanaged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "circuit_load", sa.Column("unmanaged_is_measured", sa.Boolean(), server_default="true", nullable=False)
    )
