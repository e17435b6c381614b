"""Merge branches."""

revision = "20261130_ceb45e"
down_revision = ("20261130_15758b", "20261130_239816")


def upgrade() -> None:
    pass  # the branches change different things
