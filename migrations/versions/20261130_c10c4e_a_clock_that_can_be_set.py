"""A clock that can be set."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_c10c4e"
down_revision = "20261130_88c0f3"


def upgrade() -> None:
    op.create_table(
        "set_clock",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("real_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("speed", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_clock")),
    )
