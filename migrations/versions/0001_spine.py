"""The spine: every table of the first release."""

from alembic import op

from ohmstead.kit.db import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute(
        "CREATE FUNCTION tell_outbox() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NOTIFY outbox; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER outbox_told AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION tell_outbox()"
    )
