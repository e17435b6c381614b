"""A rehearsal: a server whose clock was set, stations that follow it, another node that does, and what is refused."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from ohmstead.app.following import followed
from ohmstead.kit.clock import Clock, SetClock
from ohmstead.store.cluster import Cluster
from tests.live import Live
from tests.prepared import emptied
from tests.scenarios.places import drawn, fleet, place
from tests.scenarios.server import Server

BEGIN, SPEED = datetime(2037, 1, 31, 8, tzinfo=UTC), 120
SET = ("--clock", "2037-01-31T08:00:00Z", "--speed", str(SPEED))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with emptied() as made:
        yield made


@pytest.fixture(scope="module")
async def server(folder: Path) -> AsyncIterator[Server]:
    made = Server(folder, options=SET)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def clock_at(server: Server) -> Clock:
    clock = await asyncio.to_thread(followed, server.api_url)
    assert isinstance(clock, SetClock)
    assert clock.speed == SPEED
    return clock


async def refusal(folder: Path, *options: str) -> str:
    """Why a server does not start."""
    program = Path(sys.executable).with_name("ohmstead")
    arguments = ("serve", "--port", "0", "--ocpp-port", "0", "--data-dir", folder, *options)
    process = await asyncio.create_subprocess_exec(program, *arguments, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == 2, said
    return said.decode()


async def test_health_and_metrics_tell_the_clock(server: Server) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{server.api_url}/health") as answer:
            told: dict[str, Any] = (await answer.json())["clock"]
        async with http.get(f"{server.api_url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
    assert told["speed"] == SPEED
    assert BEGIN < datetime.fromisoformat(told["now"]) < BEGIN + timedelta(hours=3)
    [moment] = [float(line.split()[1]) for line in lines if line.startswith("ohmstead_clock_timestamp_seconds ")]
    assert moment >= datetime.fromisoformat(told["now"]).timestamp()


async def test_a_charge_has_the_times_of_the_clock_that_was_set(server: Server, far: Live) -> None:
    here = await place(far, "REHEARSAL")
    session, running = await here.charges(await fleet(far))
    started = datetime.fromisoformat(session["startedAt"])
    assert BEGIN < started < far.clock.now()
    await far.clock.sleep(300)  # what takes five minutes takes 2.5 s

    here.station.faults.answer_delay_s = 90.0  # of its clock: a command is waited for by the real time
    assert (await here.stop(session)).status == 202
    done = await here.session("finished")
    stopped = datetime.fromisoformat(done["stoppedAt"])
    assert started + timedelta(seconds=300) <= stopped <= far.clock.now()
    assert done["energy"] == drawn(running) > 22_000 * 300 / 3_600 / 3

    connection = await asyncpg.connect(await Cluster(server.folder / "postgres").join("ohmstead"))
    try:
        parts = await connection.fetch("SELECT DISTINCT tableoid::regclass::text FROM communication_log")
    finally:
        await connection.close()
    assert [part[0] for part in parts] == ["communication_log_2037_01"]


async def test_all_nodes_go_by_it_and_it_does_not_go_back(server: Server, folder: Path) -> None:
    other = Server(folder, "api")
    try:
        await other.start()
        assert abs((await clock_at(server)).now() - (await clock_at(other)).now()) < timedelta(seconds=SPEED)
        assert "while others run on this database" in await refusal(folder, "--role", "worker", "--speed", "30")
    finally:
        await other.stop()
    before = (await clock_at(server)).now()
    await server.stop()
    assert "--clock 2037-01-31T07:00:00Z lies before what the database holds" in await refusal(
        folder, "--clock", "2037-01-31T07:00:00Z"
    )
    await server.start()
    assert (await clock_at(server)).now() > before, "it went on"
