"""A night with prices: a server whose clock was set imports a file, and a car at home waits for the cheap hour and
has what its owner wants before departure."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from ohmstead.app.following import followed
from ohmstead.app.system import System
from ohmstead.simulator.vehicle import Vehicle
from tests.client import Client
from tests.given import Given
from tests.live import PASSWORD, Live
from tests.scenarios.places import Ear, Place
from tests.scenarios.server import Server

BEGIN, SPEED = datetime(2037, 2, 1, 1, 30, tzinfo=UTC), 150  # 02:30 in Berlin
HALF = timedelta(minutes=30)
CHEAP, DEAR, DEPARTURE = BEGIN + HALF, BEGIN + 3 * HALF, BEGIN + 5 * HALF  # 03:00, 04:00 and 05:00 there
WANTED_KWH = 4.0
OWNERS = {
    "mode": "user_schedule", "defaultChargePointMaxCurrent": 32, "maxVoltage": "400", "phases": "three_phase",
    "phaseRotation": "RST", "electricalConfiguration": "star", "minCurrent": 6, "enableKeepAwake": False,
    "allowDynamicLoadManagement": True,
}  # fmt: skip


@pytest.fixture
async def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    """The server, and stations that follow its clock; its inside is out of reach."""
    (folder / "prices").mkdir()
    monkeypatch.setenv("OHMSTEAD_PRICE_FILES", str(folder / "prices"))
    server = Server(folder / "data", options=("--clock", BEGIN.isoformat(), "--speed", str(SPEED)))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.stop)
        await server.start()
        api = Client(server.api_url, server.token)
        stack.push_async_callback(api.close)
        inside = cast(System, None)
        yield Live(inside, api, Given(inside, api), server.ocpp_url, followed(server.api_url), stack)


async def wallbox(home: Live) -> Place:
    """Online, with an owner, on the circuit that is the fuse of the house."""
    location = await home.given.location(timezone="Europe/Berlin")
    network = {"id": "HOME", "protocol": "ocpp 1.6", "password": PASSWORD}
    made = await home.given.charge_point(type="personal", pin="1234", network=network, locationId=location["id"])
    outlet = await home.given.evse(made, powerOptions={"maxAmperage": 32})
    await home.given.made(f"/resources/charge-points/v2.0/{made['id']}/smart-charging", OWNERS)
    await home.attach(await home.given.circuit(maxCurrent=40), made)
    owner = int((await home.given.user())["id"])
    await home.given.id_tag(idTagUid="OWNER", userId=owner)
    await home.api.post(f"/actions/charge-point/v1.0/{made['id']}/change-owner", {"userId": owner})
    ear = Ear()
    station = await home.station("HOME", trace=ear)
    return Place(home.api, station, ear, made["id"], int(outlet["id"]))


async def prices(home: Live, folder: Path) -> int:
    """A Nord Pool integration whose prices lie in a file; its id."""
    market = {"name": "Day ahead", "defaultPrice": 0.3, "taxPercentage": 19, "type": "nord_pool"}
    rate = (await home.given.made("/internal/electricity-rates/v1.0", market))["id"]
    body = {"name": "Nord Pool", "type": "nordpool", "electricityRateId": rate}
    made = await home.given.made("/internal/price-integrations/v1.0", body)
    lines = ["electricityRateId,startsAt,endsAt,price"]
    for number, price in enumerate((0.31, 0.05, 0.05, 0.29, 0.30)):
        start = BEGIN + number * HALF
        lines.append(f"{rate},{start.isoformat()},{(start + HALF).isoformat()},{price}")
    (folder / "prices" / "2037-02-01.csv").write_text("\n".join(lines) + "\n")
    return made["id"]


async def test_it_waits_for_the_cheap_hour(home: Live, folder: Path) -> None:
    integration = await prices(home, folder)
    here = await wallbox(home)
    wanted = {"departureTime": "05:00", "targetChargeKwh": WANTED_KWH}
    preferences = {"location": "GB1", "targetCharge": wanted}
    path = f"/resources/charge-points/v2.0/{here.point}/personal-smart-charging-preferences"
    made = await home.api.post(path, {"type": "nordpool", "integrationId": integration, "preferences": preferences})
    assert made.status == 201, made.body
    here.station.plug(1, Vehicle(3, 16, soc=10))
    assert await here.station.present_tag(1, "OWNER")
    session = await here.session("active")
    assert home.clock.now() < CHEAP - timedelta(minutes=5), "too slow to say anything"

    began, last, before = None, BEGIN, 0.0
    while home.clock.now() < DEPARTURE and (began is None or home.clock.now() - last < timedelta(minutes=10)):
        await home.clock.sleep(20)
        energy = (await home.api.get(f"/resources/sessions/v1.0/{session['id']}")).data["energy"]
        if energy > before:
            last, before = home.clock.now(), energy
            began = began or last
    assert began is not None
    assert CHEAP <= began < CHEAP + timedelta(minutes=20)
    assert last < DEAR, "done while it was cheap"
    assert WANTED_KWH * 1000 <= before < WANTED_KWH * 1000 + 800
    async with aiohttp.ClientSession() as http, http.get(f"{home.api.base.partition('/public')[0]}/metrics") as answer:
        assert "ohmstead_prices_imported_total 5.0" in await answer.text()
