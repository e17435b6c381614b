"""Optimised charging, from tariff to socket: slow while electricity is dear, unless boost is asked for."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import Live, live
from tests.rooms.charges import Site
from tests.rooms.test_boost import OPTIMISED, priced
from tests.scenarios.places import fleet, place
from tests.scenarios.waiting import until

SPEED = 25.0  # simulated s a second
DEAR: dict[str, Any] = OPTIMISED | {"electricityRate": {"id": 1, "defaultPrice": 0.41, "weekDays": {}, "dates": {}}}


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_dear_hour_slows_who_does_not_ask_for_boost(site: Live, version: str) -> None:
    here = await place(site, "D1", circuit=await site.given.circuit(maxCurrent=20), version=version)
    session, _ = await here.charges(await fleet(site))
    await until(here.station, lambda one: one.offered(1) == 20)
    await priced(Site(site.system, here.point, [here.evse]), DEAR)
    path = f"/internal/sessions/v1.0/{session['id']}/boost"
    assert (await site.api.put(path, {"boost": False})).status == 200
    await until(here.station, lambda one: one.offered(1) == 6)
    assert await _why(site, here.evse) == ["tariff"]
    assert (await site.api.put(path, {"boost": True})).status == 200
    await until(here.station, lambda one: one.offered(1) == 20)
    assert await _why(site, here.evse) == []


async def _why(site: Live, evse: int) -> list[str]:
    """Who wishes something of its session."""
    found = await site.api.get(f"/internal/evses/v1.0/{evse}/explanation")
    assert found.status == 200, found.body
    return found.data["wishes"]
