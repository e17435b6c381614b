"""Charge points come to circuits, move and leave: who is managed keeps to the limit, and who left is free."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.stations import ClearChargingProfile, stations
from ohmstead.rooms.power.management.profiles import ids
from ohmstead.rooms.power.management.release import limits_undone
from ohmstead.rooms.power.management.tuning import Tuning
from tests.live import Live, live
from tests.scenarios.places import Place, place
from tests.scenarios.waiting import happens, until

SPEED = 25.0  # simulated s a second
SOON_S, A_WHILE_S = 60.0, 12.0  # simulated
LIMIT_A, RATING_A = 10.0, 32.0


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    tuning = Tuning(tick=5.0, band=EXACT, pace=Pace(hold=10.0))
    async with live(system.dsn, tmp_path, SystemClock(SPEED), tuning) as running:
        await running.driver("CARD")
        yield running


@pytest.fixture
async def circuit(site: Live) -> dict[str, Any]:
    return await site.given.circuit(maxCurrent=LIMIT_A)


@pytest.fixture
async def here(site: Live, circuit: dict[str, Any]) -> Place:
    """A station on the circuit."""
    return await place(site, "HERE", RATING_A, circuit)


async def settles(site: Live, here: Place, amps: float) -> None:
    """It is offered so much soon, and stays so."""
    assert await happens(site.clock, lambda: here.station.offered(1) == amps, SOON_S), here.station.offered(1)
    assert not await happens(site.clock, lambda: here.station.offered(1) != amps, A_WHILE_S), here.station.offered(1)


async def attach(here: Place, circuit: dict[str, Any]) -> None:
    path = f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point"
    assert (await here.api.post(path, {"chargePointId": here.point})).status == 202


async def detach(here: Place, circuit: dict[str, Any]) -> None:
    path = f"/actions/circuit/v2.0/{circuit['id']}/detach-charge-point/{here.point}"
    assert (await here.api.post(path)).status == 202


async def test_a_station_moves_to_another_circuit(site: Live, circuit: dict[str, Any], here: Place) -> None:
    other = await site.given.circuit(maxCurrent=LIMIT_A + 4)
    await here.charges("CARD")
    await settles(site, here, LIMIT_A)
    await detach(here, circuit)
    await attach(here, other)
    await settles(site, here, LIMIT_A + 4)
    await detach(here, other)
    await attach(here, circuit)
    await settles(site, here, LIMIT_A)


async def test_a_station_is_out_of_reach_when_it_leaves(site: Live, circuit: dict[str, Any], here: Place) -> None:
    await here.charges("CARD")
    await settles(site, here, LIMIT_A)
    here.station.power_off()
    await here.is_gone()
    await detach(here, circuit)
    here.station.power_on()
    await here.session("finished")
    here.station.unplug(1)
    await here.charges("CARD")
    await settles(site, here, RATING_A)


async def test_a_circuit_is_deleted_with_what_hangs_on_it(site: Live, circuit: dict[str, Any], here: Place) -> None:
    await here.charges("CARD")
    await settles(site, here, LIMIT_A)
    assert (await site.api.delete(f"/resources/circuits/v2.0/{circuit['id']}")).status == 204
    await settles(site, here, RATING_A)


async def test_a_station_leaves_a_circuit_that_was_made_a_root(
    site: Live, circuit: dict[str, Any], here: Place
) -> None:
    path = f"/resources/circuits/v2.0/{circuit['id']}"
    above = await site.given.circuit(maxCurrent=63)
    assert (await site.api.patch(path, {"parentCircuitId": above["id"], "phaseRotation": "RST"})).status == 200
    await here.charges("CARD")
    await settles(site, here, LIMIT_A)
    assert (await site.api.patch(path, {"parentCircuitId": None})).status == 200
    await settles(site, here, LIMIT_A)
    await detach(here, circuit)
    await settles(site, here, RATING_A)


async def test_a_station_comes_back_and_never_charges_without_a_limit(
    site: Live, circuit: dict[str, Any], here: Place
) -> None:
    await here.charges("CARD")
    await settles(site, here, LIMIT_A)
    await detach(here, circuit)
    await settles(site, here, RATING_A)
    await attach(here, circuit)
    await settles(site, here, LIMIT_A)
    here.station.stop_local(1)
    await here.session("finished")
    here.station.unplug(1)

    offers: list[float] = []
    here.station.listeners.append(lambda connector, state: offers.append(here.station.offered(1)))
    await here.charges("CARD")
    await until(here.station, lambda station: station.offered(1) == LIMIT_A)
    assert max(offers) <= LIMIT_A


async def test_what_was_undone_is_said_anew(site: Live, circuit: dict[str, Any], here: Place) -> None:
    await here.charges("CARD")
    await settles(site, here, LIMIT_A)
    for profile in ids(here.evse):
        await stations.current.call(here.point, ClearChargingProfile(profile_id=profile))
    assert here.station.offered(1) == RATING_A
    limits_undone.send(here.point)
    await settles(site, here, LIMIT_A)
