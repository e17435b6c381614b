"""Merge branches."""

revision = "20261130_3fd533"
down_revision = ("20261130_6ae073", "20261130_f3cf80")


def upgrade() -> None:
    pass  # the branches change different things
