"""Merge branches."""

revision = "20261130_21869d"
down_revision = ("20261130_12fc58", "20261130_5bc0cd", "20261130_f3cf80")


def upgrade() -> None:
    pass  # the branches change different things
