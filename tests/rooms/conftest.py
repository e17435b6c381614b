"""Fixtures of the rooms: charge points that answer without a socket."""

from collections.abc import AsyncIterator

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.devices.stations import stations
from ohmstead.store.engine import PostgresDatabase
from tests.rooms.charges import Gateway
from tests.rooms.later import Later


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """Stations that do as they are told."""
    found = Gateway()
    stations.provide(found)
    yield found
    stations.provide(None)


@pytest.fixture
async def later(system: System) -> AsyncIterator[Later]:
    """Now, until the test moves it."""
    clock = ManualClock(system.clock.now())
    database = await PostgresDatabase.connect(system.dsn, clock, most=2)
    yield Later(clock, database)
    await database.close()
