"""Stations of OCPP 2.1 under load management: nothing is renewed while they are online, a change is a number, and who
is cut off gives its current back by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.simulator.charging_profiles import ChargingProfiles
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.cable import Cable
from tests.scenarios.places import Place, fleet, place
from tests.scenarios.test_steering_by_quirks import takes
from tests.scenarios.waiting import becomes

SPEED = 50.0  # simulated s a second
BREAKER_A, LEASE_S, GUARD_S = 20.0, 60.0, 10.0
NOTICES_S = 20.0  # two pings of ten seconds


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    tuning = Tuning(tick=5.0, band=EXACT, pace=Pace(hold=10.0), lease=LEASE_S, guard=GUARD_S)
    async with live(system.dsn, tmp_path, SystemClock(SPEED), tuning) as running:
        yield running


@asynccontextmanager
async def watched(*places: Place) -> AsyncIterator[None]:
    """What flows never is more than the breaker bears."""
    cable = Cable(BREAKER_A, *places)
    watching = asyncio.create_task(cable.watch(SystemClock(SPEED)))
    yield
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert cable.looks > 20
    assert cable.worst <= BREAKER_A + 0.05


def laid(here: Place) -> list[dict[str, Any]]:
    """The limits of its sessions that it was sent as profiles."""
    told = [one["chargingProfile"] for one in here.ear.commands("SetChargingProfile")]
    return [one for one in told if one["chargingProfilePurpose"] == "TxProfile"]


def counts(here: Place) -> tuple[int, int]:
    """Profiles and changes of a dynamic one that it was sent."""
    return len(laid(here)), len(here.ear.commands("UpdateDynamicSchedule"))


async def ends_by_itself(site: Live, here: Place) -> None:
    """Wait until load management knows what the station has said that it can."""

    async def known() -> bool:
        steered = site.system.load_management.site_of(here.point)
        return steered is not None and steered.outlets[here.evse].offline_for(LEASE_S) == LEASE_S + NOTICES_S

    await becomes(known, bool)


@pytest.mark.parametrize("dynamic", [True, False])
async def test_online_nothing_is_renewed_and_a_change_is_one_message(site: Live, dynamic: bool) -> None:
    circuit, card = await site.given.circuit(maxCurrent=BREAKER_A), await fleet(site)
    profiles = ChargingProfiles(32, 3, dynamic=dynamic, counts_offline=True)
    one, two = await place(site, "ONE", 32, circuit, "2.1", profiles=profiles), await place(site, "TWO", 32, circuit)
    async with watched(one, two):
        await ends_by_itself(site, one)
        await one.charges(card)
        await takes(one.station, 20)
        before = counts(one)
        await site.clock.sleep(4 * LEASE_S)
        assert counts(one) == before, "no lease is renewed"
        last = laid(one)[-1]
        assert (last["maxOfflineDuration"], last["invalidAfterOfflineDuration"]) == (LEASE_S, True)
        assert last["chargingProfileKind"] == ("Dynamic" if dynamic else "Absolute")
        assert len(last["chargingSchedule"][0]["chargingSchedulePeriod"]) == 1
        await two.charges(card)
        await takes(two.station, 10)
        await takes(one.station, 10)
        assert (counts(one)[1] > before[1]) is dynamic
        assert (counts(one)[0] > before[0]) is not dynamic
        two.station.unplug(1)
        await takes(one.station, 20)


async def test_one_that_is_cut_off_stops_by_itself_and_then_the_other_has_its_current(site: Live) -> None:
    circuit, card = await site.given.circuit(maxCurrent=BREAKER_A), await fleet(site)
    one, two = [await place(site, name, 32, circuit, "2.1") for name in ("ONE", "TWO")]
    async with watched(one, two):
        for each in (one, two):
            await ends_by_itself(site, each)
            await each.charges(card)
        await takes(one.station, 10)
        await takes(two.station, 10)
        await site.clock.sleep(3 * LEASE_S)  # it has no end while it is online
        assert one.station.offered(1) == 10
        one.station.lose_network()
        cut_at = site.clock.now()
        await takes(one.station, 0)
        assert (site.clock.now() - cut_at).total_seconds() >= LEASE_S
        await takes(two.station, 20)
        assert (site.clock.now() - cut_at).total_seconds() >= LEASE_S + NOTICES_S + GUARD_S
        one.station.find_network()
        await takes(one.station, 10)
        await takes(two.station, 10)


async def test_a_profile_that_it_lost_is_laid_again_whole(site: Live) -> None:
    circuit, card = await site.given.circuit(maxCurrent=BREAKER_A), await fleet(site)
    one, two = await place(site, "ONE", 32, circuit, "2.1"), await place(site, "TWO", 32, circuit)
    await ends_by_itself(site, one)
    await one.charges(card)
    await takes(one.station, 20)
    one.station.hardware.profiles.clear()
    before = counts(one)
    two.station.plug(1, Vehicle(3, 32, soc=10))
    assert await two.station.present_tag(1, card)
    await takes(one.station, 10)
    assert counts(one)[1] > before[1], "which was refused"
    assert counts(one)[0] > before[0]
