"""Merge branches."""

revision = "20261130_891119"
down_revision = ("20261130_5bc0cd", "20261130_b95f38", "20261130_f3cf80")


def upgrade() -> None:
    pass  # the branches change different things
