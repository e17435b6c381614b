"""What is asked of flexibility assets while cars charge: a power, an energy, through a restart, and its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.engines.dlm.planning import Pace
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.views import stamp
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.simulator.vehicle import VOLTAGE, Vehicle
from tests.live import Live, live
from tests.scenarios.places import Place, fleet, place
from tests.scenarios.waiting import happens

SPEED = 25.0  # simulated s a second
TUNING = Tuning(tick=5.0, pace=Pace(hold=10.0))
SOON_S = 30.0
RATING_A = 16.0


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED), TUNING) as found:
        yield found


@asynccontextmanager
async def begun_again(site: Live, folder: Path) -> AsyncIterator[System]:
    """The system over what it left in its database, on the same port for charge points."""
    await site.system.stop()
    settings = Settings(data_dir=folder, port=0, ocpp_port=urlsplit(site.ocpp_url).port)
    again = System(settings, site.system.dsn, site.clock, TUNING)
    await again.start()
    await again.work()
    try:
        yield again
    finally:
        await again.stop()


async def charging(site: Live, circuit: dict[str, Any], *names: str) -> list[Place]:
    """Places on the circuit, a car at each that takes all it may."""
    found = [await place(site, name, RATING_A, circuit) for name in names]
    await charge(site, found)
    return found


async def charge(site: Live, places: list[Place]) -> None:
    """A car comes to each place and has all it may take."""
    card = await fleet(site)
    for one in places:
        one.station.plug(1, Vehicle(3, 32, soc=10))
        assert await one.station.present_tag(1, card)
    full = len(places) * 3 * RATING_A * VOLTAGE
    assert await happens(site.clock, lambda: watts(places) >= full - 1, 60), watts(places)


def watts(places: list[Place]) -> float:
    return sum(sum(one.station.draw(1)) for one in places) * VOLTAGE


async def ask(site: Live, lasts_s: float, asset: dict[str, int], **target: int) -> None:
    """A period from now on."""
    made = await site.given.made("/resources/flexibility-assets/v1.0", asset)
    now = site.clock.now()
    one = {"startTime": stamp(now), "endTime": stamp(now + timedelta(seconds=lasts_s)), **target}
    path = f"/actions/flexibility-asset/v1.0/{made['id']}/create-activation-request"
    assert (await site.api.post(path, {"periods": [one]})).status == 201


async def test_a_power_is_kept_and_what_was_comes_back(site: Live) -> None:
    circuit = await site.given.circuit(maxCurrent=63)
    places = await charging(site, circuit, "A", "B")
    await ask(site, 120, {"dlmCircuitId": circuit["id"]}, maxPower=12_000)
    assert await happens(site.clock, lambda: watts(places) <= 12_000, SOON_S), watts(places)
    for _ in range(60):
        await site.clock.sleep(1.0)
        assert 11_000 <= watts(places) <= 12_000
    assert await happens(site.clock, lambda: watts(places) >= 22_000, 120 + SOON_S), watts(places)


async def test_an_energy_is_used_and_no_more(site: Live) -> None:
    """Of an EVSE, of a charge point and of a circuit, all at once, each on a circuit of its own."""
    circuits = [await site.given.circuit(maxCurrent=63) for _ in range(3)]
    places = [await place(site, name, RATING_A, on) for name, on in zip("ABC", circuits, strict=True)]
    await charge(site, places)
    evse, point, circuit = places[0].evse, places[1].point, circuits[2]["id"]
    assets = [{"evseId": evse}, {"chargePointId": point}, {"dlmCircuitId": circuit}]
    before = []
    for asset, one in zip(assets, places, strict=True):
        before.append((one.station.energy_wh(1), len(one.ear.commands("SetChargingProfile"))))
        await ask(site, 240, asset, energy=500)  # 7.5 kW in the mean
    await site.clock.sleep(235)
    for asset, one, (energy_wh, known) in zip(assets, places, before, strict=True):
        assert 475 <= one.station.energy_wh(1) - energy_wh <= 525, asset
        assert len(one.ear.commands("SetChargingProfile")) - known <= 8, f"a limit for each look: {asset}"
    assert await happens(site.clock, lambda: watts(places) >= 3 * 11_000, SOON_S), watts(places)


async def test_what_was_asked_outlives_a_restart(site: Live, tmp_path: Path) -> None:
    circuit = await site.given.circuit(maxCurrent=63)
    [one] = await charging(site, circuit, "A")
    await ask(site, 240, {"dlmCircuitId": circuit["id"]}, maxPower=6_000)
    assert await happens(site.clock, lambda: watts([one]) <= 6_000, SOON_S), watts([one])
    async with begun_again(site, tmp_path):
        told = len(one.ear.commands("SetChargingProfile"))
        assert await happens(site.clock, lambda: len(one.ear.commands("SetChargingProfile")) > told, 60)
        assert not await happens(site.clock, lambda: watts([one]) > 6_000, 60)
        assert watts([one]) >= 5_000
        assert await happens(site.clock, lambda: watts([one]) >= 11_000, 240), watts([one])
