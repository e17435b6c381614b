"""Merge branches."""

revision = "20261130_1bba4a"
down_revision = ("20261130_15758b", "20261130_223c5e", "20261130_239816")


def upgrade() -> None:
    pass  # the branches change different things
