"""proof."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_index(op.f("ix_communication_log_at"), "communication_log", ["at"], unique=False)
