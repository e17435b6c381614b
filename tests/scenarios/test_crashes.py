"""The server is killed, the database is killed: what was acknowledged is there, and every charge goes on."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ohmstead.app.node import Node
from ohmstead.kit.clock import SystemClock
from ohmstead.simulator.line import Patience
from ohmstead.simulator.vehicle import Vehicle
from tests.client import Client
from tests.live import Live
from tests.scenarios.cable import Cable
from tests.scenarios.guarded import beside, guarded
from tests.scenarios.places import Place, drawn, fleet, place
from tests.scenarios.server import Server
from tests.scenarios.waiting import becomes, happens, until

CROWD = 20
SPEED = 15.0  # simulated s a second
CABLE_A = 20.0
NEVER = Patience(back_off_s=86_400, back_off_at_most_s=86_400)


@pytest.fixture
async def server(folder: Path) -> AsyncIterator[Server]:
    made = Server(folder, options=("--clock", "2037-01-31T08:00:00Z", "--speed", "4"))
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


def offers(one: Place, other: Place) -> tuple[float, float]:
    return one.station.offered(1), other.station.offered(1)


async def test_the_server_is_killed_in_the_middle_of_sessions(server: Server, far: Live) -> None:
    circuit = await far.given.circuit(maxCurrent=CABLE_A)
    back = await place(far, "BACK", circuit=circuit)
    away = await place(far, "AWAY", circuit=circuit, patience=NEVER)
    cable = Cable(CABLE_A, back, away)
    watching = asyncio.create_task(cable.watch(SystemClock()))
    for each in (back, away):
        each.station.settings.sample_s = 1
        each.station.rhythm()
    card = await fleet(far)
    session, running = await back.charges(card)
    other, _ = await away.charges(card)
    assert await happens(far.clock, lambda: offers(back, away) == (10, 10), 60), offers(back, away)
    session = await back.grows(session)

    known = len(back.ear.commands("SetChargingProfile"))
    await server.kill()
    await until(back.station, lambda station: not station.online)
    await server.start()
    await back.is_online()
    assert not away.station.online
    again = await back.grows(await back.session("active"))
    assert (again["id"], again["startedAt"]) == (session["id"], session["startedAt"])
    assert again["energy"] >= session["energy"]
    assert (await away.session("active"))["id"] == other["id"]

    # both limits are known from before: one is said again, and the other, out of reach, is counted on
    await until(back.station, lambda _: len(back.ear.commands("SetChargingProfile")) > known)
    assert offers(back, away) == (10, 10)
    assert (await far.api.patch(f"/resources/circuits/v2.0/{circuit['id']}", {"maxCurrent": 18})).status == 200
    assert await happens(far.clock, lambda: offers(back, away) == (8, 10), 30), offers(back, away)

    assert (await back.stop(again)).status == 202
    ended = await back.session("finished")
    assert (ended["id"], ended["energy"]) == (session["id"], drawn(running))
    watching.cancel()
    assert cable.looks > 50
    assert cable.worst <= CABLE_A + 0.05


@pytest.fixture
async def node(folder: Path) -> AsyncIterator[Node]:
    """The product in this process with a database of its own that is durable, and guarded."""
    async with guarded(folder, SystemClock(SPEED)) as running:
        yield running


@pytest.fixture
async def near(node: Node) -> AsyncIterator[Live]:
    async with beside(node) as found:
        yield found


async def database_process(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int((await connection.fetchval("SELECT pg_read_file('postmaster.pid')")).split()[0])
    finally:
        await connection.close()


async def test_the_database_falls_twice_while_twenty_stations_charge(near: Live) -> None:
    circuit = await near.given.circuit(maxCurrent=400)
    places = await asyncio.gather(*(place(near, f"P{number}", circuit=circuit) for number in range(CROWD)))
    card = await fleet(near)
    for one in places:
        one.station.plug(1, Vehicle(3, 16, soc=10))
        assert await one.station.present_tag(1, card)
    assert await happens(near.clock, lambda: all(one.station.offered(1) >= 16 for one in places), 300)
    runs = [one.running for one in places]

    for fall in (signal.SIGINT, signal.SIGKILL):  # to PostgreSQL the first is an order to stop at once
        counts = [count(one) for one in places]
        os.kill(await database_process(near.system.dsn), fall)
        await becomes(lambda: status_of(near.api), lambda status: status != 200)
        await becomes(lambda: status_of(near.api), lambda status: status == 200)
        for one, before in zip(places, counts, strict=True):
            await until(one.station, lambda _, one=one, before=before: count(one) > before + 1)

    for one, running in zip(places, runs, strict=True):
        told = acknowledged(one, running.meter_start_wh)
        assert told <= await known(near.api, await one.session("active"))
        assert len(one.ear.calls(">", "BootNotification")) == 1
        assert not [frame for way, frame in one.ear.heard if way == "<" and frame[0] == 4]

    # load management lives on
    assert (await near.api.patch(f"/resources/circuits/v2.0/{circuit['id']}", {"maxCurrent": 200})).status == 200
    assert await happens(near.clock, lambda: sum(one.station.offered(1) for one in places) <= 200, 120)
    for one, running in zip(places, runs, strict=True):
        assert (await one.stop(await one.session("active"))).status == 202
        assert (await one.session("finished"))["energy"] == drawn(running)


async def status_of(api: Client) -> int:
    return (await api.get("/resources/sessions/v1.0")).status


def count(one: Place) -> int:
    """How many messages with meter values were acknowledged."""
    return len(one.ear.answered("MeterValues"))


def acknowledged(one: Place, start_wh: int) -> set[tuple[datetime, float]]:
    """(moment, Wh since the start) of every reading that was; in whole seconds, as the API tells them."""
    readings = [said["meterValue"][0] for said, _ in one.ear.answered("MeterValues")]
    return {
        (datetime.fromisoformat(reading["timestamp"]).replace(microsecond=0), float(value["value"]) - start_wh)
        for reading in readings
        for value in reading["sampledValue"]
        if value["measurand"] == "Energy.Active.Import.Register"
    }


async def known(api: Client, session: dict[str, Any]) -> set[tuple[datetime, float]]:
    """The same of every reading the API has."""
    found = (await api.get(f"/resources/sessions/v1.0/{session['id']}/consumption-stats")).data
    return {(datetime.fromisoformat(one["timestamp"]), one["energy"]) for one in found}
