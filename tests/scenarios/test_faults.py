"""What breaks between a station and the system: nothing hangs, nothing is counted twice, the charge goes on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.simulator.line import Patience
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.places import drawn, place
from tests.scenarios.waiting import happens, until

SPEED = 20.0  # simulated s a second


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        await running.driver("CARD")
        yield running


async def test_a_line_cut_while_a_start_or_a_stop_is_asked_for(site: Live) -> None:
    here = await place(site, "CUT")
    station = here.station
    station.plug(1, Vehicle(3, 32, soc=20))
    await here.says("preparing")

    station.faults.silent = True
    starting = asyncio.create_task(here.start())
    await until(station, lambda _: bool(here.ear.commands("RemoteStartTransaction")))
    await station.drop(close_frame=False)
    refused = await starting
    assert (refused.status, refused.body["success"], refused.body["errorCode"]) == (202, False, "INTERNAL_ISSUE")
    assert (await here.session("failed"))["reason"] == "remote_start_failed"

    station.faults.silent = False
    await here.is_online()
    assert (await here.start()).body["success"]
    session = await here.grows(await here.session("active", count=2))
    running = here.running

    station.faults.silent = True
    stopping = asyncio.create_task(here.stop(session))
    await until(station, lambda _: bool(here.ear.commands("RemoteStopTransaction")))
    await station.drop(close_frame=False)
    assert (await stopping).status == 406

    station.faults.silent = False
    await here.is_online()
    session = await here.grows(await here.session("active", count=2))
    assert (await here.stop(session)).status == 202
    ended = await here.session("finished", count=2)
    assert (ended["id"], ended["energy"]) == (session["id"], drawn(running))


async def test_a_line_cut_while_a_limit_is_on_its_way(site: Live) -> None:
    circuit = await site.given.circuit(maxCurrent=16)
    here = await place(site, "LIMITED", circuit=circuit)
    station, ear = here.station, here.ear
    await until(station, lambda _: bool(ear.commands("SetChargingProfile")))  # what holds while nobody charges

    known = len(ear.commands("SetChargingProfile"))
    station.faults.silent = True
    station.plug(1, Vehicle(3, 32, soc=20))
    assert await station.present_tag(1, "CARD")
    await until(station, lambda _: len(ear.commands("SetChargingProfile")) > known)
    await station.drop(close_frame=False)
    assert station.offered(1) == 0

    station.faults.silent = False
    await here.is_online()
    assert await happens(site.clock, lambda: station.offered(1) == 16, 120)
    session = await here.grows(await here.session("active"))
    running = here.running
    assert (await here.stop(session)).status == 202
    assert (await here.session("finished"))["energy"] == drawn(running)


@pytest.mark.parametrize("fault", ["sent twice", "answer lost"])
async def test_a_start_told_twice_is_one_session(site: Live, fault: str) -> None:
    here = await place(site, "TWICE", patience=Patience(answer_s=20))
    station = here.station
    if fault == "sent twice":
        station.faults.start_twice = True
    else:
        hear = station.uplink.rpc.trace

        def lose_the_next(direction: str, text: str) -> None:
            if '"StartTransaction"' in text and not here.ear.calls(">", "StartTransaction"):
                station.faults.lose_answers_received = 1
            hear(direction, text)

        station.uplink.rpc.trace = lose_the_next

    session, running = await here.charges("CARD")
    told = here.ear.answered("StartTransaction")
    assert len(told) == 2
    assert told[0] == told[1]
    assert (told[0][1]["transactionId"], told[0][1]["idTagInfo"]["status"]) == (running.id, "Accepted")
    station.stop_local(1)
    ended = await here.session("finished")
    assert (ended["id"], ended["energy"]) == (session["id"], drawn(running))


async def test_a_new_socket_while_the_old_one_lingers(site: Live) -> None:
    here = await place(site, "HALF")
    station = here.station
    session, running = await here.charges("CARD")

    # the mobile cell is lost: the charge goes on, and the end of the old socket changes nothing
    await station.drop(half_open=True)
    await here.is_online()
    session = await here.grows(await here.session("active"))
    station.uplink.line.bury()
    session = await here.grows(session)
    await here.is_online()
    assert (await here.stop(session)).status == 202
    assert (await here.session("finished"))["energy"] == drawn(running)
    station.unplug(1)

    # the power is lost: the charge ends with it, and the next one is the new socket's
    _, running = await here.charges("CARD")
    station.power_off(half_open=True)
    assert site.system.connected == 1  # nobody noticed
    station.power_on()
    ended = await here.session("finished", count=2)
    assert (ended["reason"], ended["energy"]) == ("powerloss", drawn(running))
    await here.is_online()
    assert (await here.start()).body["success"]
    session = await here.grows(await here.session("active", count=3))
    assert (await here.stop(session)).status == 202
    await here.session("finished", count=3)
