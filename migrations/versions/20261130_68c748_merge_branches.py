"""Merge branches."""

revision = "20261130_68c748"
down_revision = ("20261130_015e5b", "20261130_9d838a")


def upgrade() -> None:
    pass  # the branches change different things
