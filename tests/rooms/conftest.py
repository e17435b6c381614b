"""Fixtures of the rooms: charge points that answer without a socket."""

from collections.abc import AsyncIterator

import pytest

from ohmstead.rooms.devices.stations import stations
from tests.rooms.charges import Gateway


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """Stations that do as they are told."""
    found = Gateway()
    stations.provide(found)
    yield found
    stations.provide(None)
