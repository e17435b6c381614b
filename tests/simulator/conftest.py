"""A scripted central system, and stations that are gone when the test is."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.station_v16 import StationV16
from tests.simulator.central import Central, central_system

MONDAY = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

Maker = Callable[..., StationV16]


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with central_system() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
async def make(central: Central, clock: ManualClock) -> AsyncIterator[Maker]:
    """Makes stations on the test's clock, not yet switched on."""
    made: list[StationV16] = []

    def maker(identity: str = "CP1", **options) -> StationV16:
        made.append(StationV16(options.pop("url", central.url), identity, **{"clock": clock, **options}))
        return made[-1]

    yield maker
    for station in made:
        await station.stop()


@pytest.fixture
async def station(make: Maker) -> StationV16:
    """A station that is online."""
    return await online(make())


async def online(station: StationV16) -> StationV16:
    await station.start()
    await idle(station)
    return station


async def idle(station: StationV16) -> None:
    """Until the station is online and has nothing more to say."""
    await station.until(lambda s: s.online and s.in_flight == 0)
