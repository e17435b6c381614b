"""Fixtures of the scenarios: folders for whole servers."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def emptied() -> Iterator[Path]:
    """An empty folder that the database's own user may enter, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="ohmstead-scenario-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def folder() -> Iterator[Path]:
    with emptied() as made:
        yield made
