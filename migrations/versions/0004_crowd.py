"""The outbox is told of after the commit: a transaction that notifies makes all others wait for its own."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("DROP TRIGGER outbox_told ON outbox")
    op.execute("DROP FUNCTION tell_outbox()")
