"""Merge branches."""


revision = "20261130_e4fe99"
down_revision = ("20261130_5bc0cd", "20261130_6ae073", "20261130_f3cf80")


def upgrade() -> None:
    pass  # the branches change different things
