"""Vehicles that say through their stations when they leave, from socket to load management: over lines that break, by
clocks that are wrong, and before anybody may charge."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.power.management.wishes import Wanted
from ohmstead.simulator.station_v201 import StationV201
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.places import Place, fleet, place
from tests.scenarios.waiting import becomes, happens, shows, until

SPEED = 25.0  # simulated s a second
SOON = timedelta(seconds=30)  # in which a second of the wall is many


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


def later(here: Place) -> StationV201:
    assert isinstance(here.station, StationV201)
    return here.station


async def told(site: Live, session: dict[str, Any], count: int = 1) -> dict[str, Any]:
    """What the vehicle of a session said, once the API shows so many that say something."""
    path = f"/internal/sessions/v1.0/{session['id']}/charging-needs"
    return (await shows(site.api, path, lambda data: len(data) == count))[-1]


async def wanted(site: Live, here: Place) -> Wanted:
    """What load management takes to be wanted at a place, once it does."""

    async def now() -> Wanted | None:
        found = site.system.load_management.site_of(here.point)
        need = found.needs.get(here.evse) if found else None
        return need.wanted if need and need.wanted != Wanted() else None

    found = await becomes(now, lambda one: one is not None)
    assert found is not None
    return found


def leaves(found: Wanted, at: datetime) -> bool:
    return found.departure is not None and abs(found.departure - at) < SOON


async def test_what_a_vehicle_wants_reaches_load_management(site: Live) -> None:
    here = await place(site, "D1", circuit=await site.given.circuit(maxCurrent=20), version="2.0.1")
    session, _ = await here.charges(await fleet(site))
    await until(here.station, lambda one: one.offered(1) == 20 and one.in_flight == 0)
    laid = len(here.ear.commands("SetChargingProfile"))
    at = site.clock.now() + timedelta(hours=2)
    later(here).tell_needs(1, timedelta(hours=2), 20_000)
    shown = await told(site, session)
    assert (shown["source"], shown["minCurrent"], shown["maxCurrent"]) == ("vehicle", 6, 32)
    found = await wanted(site, here)
    assert leaves(found, at)
    assert found.energy_wh is not None
    assert 15_000 < found.energy_wh <= 20_000
    assert await happens(site.clock, lambda: len(here.ear.commands("SetChargingProfile")) > laid, 60)
    assert [answer for said, answer in here.ear.answered("NotifyEVChargingNeeds")] == [{"status": "Accepted"}]


async def test_an_earlier_departure_of_an_operator_counts(site: Live) -> None:
    here = await place(site, "D1", circuit=await site.given.circuit(maxCurrent=20), version="2.0.1")
    session, _ = await here.charges(await fleet(site))
    later(here).tell_needs(1, timedelta(hours=2), 20_000)
    await told(site, session)
    at = site.clock.now() + timedelta(hours=1)
    body = {"departureAt": at.isoformat(), "energyWh": 5000}
    path = f"/internal/sessions/v1.0/{session['id']}/charging-needs"
    assert (await site.api.put(path, body)).status == 200
    found = await becomes(lambda: wanted(site, here), lambda one: leaves(one, at))
    assert found.energy_wh is not None
    assert found.energy_wh <= 5000


async def test_before_the_card_what_the_vehicle_said_waits_for_the_session(site: Live) -> None:
    card = await fleet(site)
    here = await place(site, "D1", circuit=await site.given.circuit(maxCurrent=20), version="2.0.1")
    here.station.plug(1, Vehicle(3, 32, soc=10))
    later(here).tell_needs(1, None, 7000)
    await until(here.station, lambda one: one.in_flight == 0)
    assert await here.station.present_tag(1, card)
    assert (await told(site, await here.session("active")))["energyWh"] <= 7000
    assert (await wanted(site, here)).energy_wh is not None


async def test_what_was_kept_while_there_was_no_line_is_taken_in(site: Live) -> None:
    """What it said before the line broke is known afterwards, and what it asks for meanwhile counts from then on."""
    here = await place(site, "D1", circuit=await site.given.circuit(maxCurrent=20), version="2.0.1")
    session, _ = await here.charges(await fleet(site))
    later(here).tell_needs(1, timedelta(hours=5), 30_000)
    first = await told(site, session)
    here.station.lose_network()
    await here.is_gone()
    assert (await told(site, session))["departureAt"] == first["departureAt"]
    at = site.clock.now() + timedelta(hours=2)
    later(here).tell_needs(1, timedelta(hours=2))
    here.station.find_network()
    await here.is_online()
    await becomes(lambda: wanted(site, here), lambda found: leaves(found, at))


async def test_a_station_whose_clock_is_wrong(site: Live) -> None:
    here = await place(site, "D1", circuit=await site.given.circuit(maxCurrent=20), version="2.0.1")
    here.station.skew_clock(3 * 3600)
    here.station.plug(1, Vehicle(3, 32, soc=10))
    assert await here.station.present_tag(1, await fleet(site))
    session = await here.session("active")  # with limits that have ended for it already
    status = f"/resources/charge-points/v1.0/{here.point}/status"
    await shows(site.api, status, lambda data: data.get("clockDriftSeconds", 0) > 3500)
    at = site.clock.now() + timedelta(hours=2)
    later(here).tell_needs(1, timedelta(hours=2), 20_000)
    await told(site, session)
    assert leaves(await wanted(site, here), at)


async def test_the_car_that_leaves_sooner_gets_more(site: Live) -> None:
    """Two cars that want as much, on a circuit that one of them would use alone: one leaves in an hour, as its operator
    says, the other has the night, as it says itself."""
    circuit, card = await site.given.circuit(maxCurrent=24), await fleet(site)
    soon, late = await place(site, "D1", circuit=circuit), await place(site, "D2", circuit=circuit, version="2.0.1")
    session, _ = await soon.charges(card)
    other, _ = await late.charges(card)
    await until(soon.station, lambda one: one.offered(1) == late.station.offered(1) == 12)
    body = {"departureAt": (site.clock.now() + timedelta(hours=1)).isoformat(), "energyWh": 20_000}
    assert (await site.api.put(f"/internal/sessions/v1.0/{session['id']}/charging-needs", body)).status == 200
    later(late).tell_needs(1, timedelta(hours=9), 20_000)
    await told(site, other)
    await until(soon.station, lambda one: one.offered(1) > 2 * late.station.offered(1))
