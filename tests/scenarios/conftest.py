"""Fixtures of the scenarios: folders for whole servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.prepared import emptied


@pytest.fixture
def folder() -> Iterator[Path]:
    with emptied() as made:
        yield made
