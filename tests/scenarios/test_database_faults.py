"""The database freezes, falls and finds no room: what everybody is told meanwhile, and that nothing is lost."""

import asyncio
import os
import signal
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from sqlalchemy import func, select

from ohmstead.app.node import Node
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.charging.meter_values import meter_value
from tests.client import Client
from tests.conftest import Full
from tests.live import PASSWORD, Live
from tests.ocpp.scripted_station import ScriptedStation, dial
from tests.scenarios.guarded import beside, guarded
from tests.scenarios.waiting import becomes

_READINGS = select(func.count()).select_from(meter_value)
VAT = {"name": "VAT", "percentage": 19}
READING = {
    "connectorId": 1,
    "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "1000"}]}],
}


@pytest.fixture
async def node(folder: Path) -> AsyncIterator[Node]:
    """The product in this process with a database of its own, which is guarded."""
    async with guarded(folder, SystemClock()) as running:
        yield running


@pytest.fixture
async def near(node: Node) -> AsyncIterator[Live]:
    async with beside(node) as found:
        yield found


def server_process(folder: Path) -> int:
    home = folder / "postgres"
    pointer = home / "postgres.path"
    data = (Path(pointer.read_text().strip()) if pointer.exists() else home / "postgres") / "data"
    return int((data / "postmaster.pid").read_text().split()[0])


def family(process: int) -> list[int]:
    """A process and its children."""
    found = [process]
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process:
            found.append(int(entry.parent.name))
    return found


@contextmanager
def frozen(process: int) -> Iterator[None]:
    """A database server that neither answers nor goes away."""
    stopped = family(process)
    for one in stopped:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in stopped:
            os.kill(one, signal.SIGCONT)


async def readiness(api: Client) -> tuple[int, dict[str, Any]]:
    answer = await api.get("/raw/health/ready")
    return answer.status, answer.body


async def test_a_frozen_database_is_told_of_within_two_seconds(near: Live, folder: Path) -> None:
    assert (await readiness(near.api))[0] == 200
    with frozen(server_process(folder)):
        for path in ("/raw/health/ready", "/raw/health"):
            began = time.monotonic()
            answer = await near.api.get(path)
            assert time.monotonic() - began < 2
            assert answer.status == 503
            assert answer.body == {"status": "not ready", "database": "no answer within 1.5 s"}
            assert answer.headers["Retry-After"]
        began = time.monotonic()
        assert "ohmstead_charge_points_connected" in await near.api.text("/metrics")
        assert time.monotonic() - began < 2
        assert (await near.api.get("/raw/health/live")).status == 200
    await becomes(lambda: readiness(near.api), lambda told: told[0] == 200)


async def test_a_full_disk_is_waited_for_and_nothing_that_was_told_is_lost(near: Live) -> None:
    await near.charge_point("STATION")
    password = "Basic " + b64encode(f"STATION:{PASSWORD}".encode()).decode()
    async with dial(f"{near.ocpp_url}/STATION", additional_headers={"Authorization": password}) as socket:
        station = ScriptedStation(socket)
        assert (await station.ask("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}))["status"]
        full = Full(near.system.dsn)
        for table in ("tax", "meter_value", "charge_point"):
            await full(table)
        answer = await near.api.post("/resources/taxes/v2.0", VAT)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        telling = asyncio.create_task(station.call("MeterValues", READING))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await asyncio.shield(telling)
        await full.room()
        assert (await telling)[0] == 3
    assert (await near.api.post("/resources/taxes/v2.0", VAT)).status == 201
    async with near.system.database.read() as tx:
        assert await tx.value(_READINGS) == 1


async def test_ready_says_that_the_database_has_no_room(near: Live) -> None:
    connection = await asyncpg.connect(near.system.dsn)
    try:
        await connection.execute("ALTER SYSTEM SET temp_file_limit = '100kB'")
        await connection.execute("SELECT pg_reload_conf()")
        status, told = await becomes(lambda: readiness(near.api), lambda told: told[0] != 200)
        assert (status, told) == (503, {"status": "not ready", "database": "ConfigurationLimitExceededError"})
        await connection.execute("ALTER SYSTEM RESET temp_file_limit")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
    await becomes(lambda: readiness(near.api), lambda told: told[0] == 200)


async def test_a_database_that_falls_is_no_fault_of_the_code(
    near: Live, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            await near.given.circuit()
            os.kill(server_process(folder), signal.SIGKILL)
            await becomes(lambda: readiness(near.api), lambda told: told[0] != 200)
            await becomes(lambda: readiness(near.api), lambda told: told[0] == 200)
    assert [entry for entry in logged if "exc_info" in entry or entry["log_level"] == "error"] == []
    assert [record for record in caplog.records if record.exc_info] == []
