"""Merge branches."""

revision = "20261130_88eb94"
down_revision = ("20261130_3746d3", "20261130_7306f5")


def upgrade() -> None:
    pass  # the branches change different things
