"""Fixtures of the tests of the whole product."""

from collections.abc import AsyncIterator

import pytest

from ohmstead.rooms.devices.stations import stations
from tests.fuzz_world import FuzzWorld, Moody
from tests.given import Given


@pytest.fixture
async def world(given: Given) -> AsyncIterator[FuzzWorld]:
    """Rows of everything; what may be there once at a time is over."""
    moody = Moody(1)
    moody.agrees = True
    back = stations.provide(moody)
    yield await FuzzWorld(given).make()
    back()
