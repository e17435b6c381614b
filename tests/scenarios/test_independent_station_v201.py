"""An independent station of 2.0.1 charges under load management, and the API tells of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ocpp.v201 import call

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import Live, live
from tests.scenarios.waiting import TOO_LONG_S, becomes, shows
from tests.scenarios.wallbox_v201 import Wallbox, wallbox

SPEED = 25.0  # simulated s a second
LIMIT_A = 10.0
RATING_A = 16.0
ENOUGH_WH = 60


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


async def obeys(box: Wallbox) -> float:
    """A it draws, and reports."""
    await box.reports()
    return box.draw_a


async def grown(box: Wallbox, since_wh: int) -> int:
    await box.reports()
    return box.reading - since_wh


async def test_an_independent_station_charges_what_its_circuit_allows(site: Live) -> None:
    circuit = await site.given.circuit(maxCurrent=LIMIT_A)
    point = await site.charge_point("BOX", RATING_A, version="2.0.1")
    await site.attach(circuit, point)
    await site.driver("CARD")
    async with wallbox(site.ocpp_url, "BOX", site.clock, RATING_A) as box:
        assert (await box.says_hello()).status == "Accepted"
        verdict = await box.call(call.Authorize(id_token={"id_token": "OTHER", "type": "ISO14443"}))
        assert verdict.id_token_info["status"] == "Invalid"
        await box.says("Occupied")
        first_wh = box.reading
        await box.starts("CARD")
        await becomes(lambda: obeys(box), lambda amps: amps == LIMIT_A)
        assert (await site.api.patch(f"/resources/circuits/v2.0/{circuit['id']}", {"maxCurrent": 8})).status == 200
        await becomes(lambda: obeys(box), lambda amps: amps == 8)
        await becomes(lambda: grown(box, first_wh), lambda energy: energy >= ENOUGH_WH)

        running = (await site.api.get("/resources/sessions/v1.0", "filter[idTag]=CARD")).data
        assert [one["status"] for one in running] == ["active"]
        stop = f"/actions/charge-point/v1.0/{point['id']}/stop/{running[0]['id']}"
        assert (await site.api.post(stop, {})).status == 202
        async with asyncio.timeout(TOO_LONG_S):
            await box.stopped.wait()
        await box.stops()
        last_wh = box.reading
    session = await shows(
        site.api, f"/resources/sessions/v1.0/{running[0]['id']}", lambda data: data["status"] == "finished"
    )
    assert (session["reason"], session["energy"]) == ("remote", last_wh - first_wh)
