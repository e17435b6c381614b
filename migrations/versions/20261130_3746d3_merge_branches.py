"""Merge branches."""

revision = "20261130_3746d3"
down_revision = ("20261130_30ac13", "20261130_4c6dfe")


def upgrade() -> None:
    pass  # the branches change different things
