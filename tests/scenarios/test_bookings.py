"""A booking with a simulated station: it keeps the connector before that begins, for its user and nobody else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.operator import settings
from ohmstead.simulator.connector import State
from ohmstead.simulator.station import Station
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.waiting import shows, until

SPEED = 25.0  # simulated s a second
REQUESTS = "/resources/booking-requests/v1.0"


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        async with running.system.database.begin() as tx:
            await settings.put(tx, "reservations", reservationTime=1)
        yield running


async def booked(site: Live, point: dict[str, Any], user: int, in_s: float) -> str:
    """The path of a booking that begins in so many s and lasts an hour."""
    start = site.clock.now() + timedelta(seconds=in_s)
    body = {
        "type": "create", "userId": user, "locationId": point["locationId"], "startAt": start.isoformat(),
        "endAt": (start + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    made = await site.given.made(REQUESTS, body)
    assert made["status"] == "approved", made
    return f"/resources/bookings/v1.0/{made['bookingId']}"


async def ready(site: Live, version: str) -> tuple[dict[str, Any], Station, int]:
    """A charge point that may be booked, its station once that is available, and a user with a card."""
    point = await site.charge_point("CP1", version=version)
    path = f"/resources/evses/v2.1/{point['evses'][0]['id']}"
    assert (await site.api.patch(path, {"bookingEnabled": True})).status == 200
    station = await site.station("CP1", version=version)
    status = f"/resources/charge-points/v1.0/{point['id']}/status"
    await shows(site.api, status, lambda data: data["evses"][0]["hardwareStatus"] == "available")
    user = int((await site.given.user())["id"])
    await site.given.id_tag(idTagUid="CARD", userId=user)
    return point, station, user


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_its_user_charges(site: Live, version: str) -> None:
    point, station, user = await ready(site, version)
    await site.driver("OTHER")
    path = await booked(site, point, user, in_s=90)
    await until(station, lambda machine: machine.state(1) is State.RESERVED)
    await shows(site.api, path, lambda data: data["status"] == "reserved")
    station.plug(1, Vehicle(3, 32))
    assert not await station.present_tag(1, "OTHER")
    assert await station.present_tag(1, "CARD")
    done = await shows(site.api, path, lambda data: data["status"] == "completed")
    session = await shows(site.api, f"/resources/sessions/v1.0/{done['sessionId']}", lambda data: True)
    assert f"/resources/bookings/v1.0/{session['bookingId']}" == path


async def test_it_is_cancelled(site: Live) -> None:
    point, station, user = await ready(site, "1.6")
    path = await booked(site, point, user, in_s=65)
    await until(station, lambda machine: machine.state(1) is State.RESERVED)
    await site.given.made(REQUESTS, {"type": "cancel", "bookingId": int(path.rpartition("/")[2])})
    await until(station, lambda machine: machine.state(1) is State.AVAILABLE)
    assert (await site.api.get(path)).data["status"] == "cancelled"


async def test_nobody_comes(site: Live) -> None:
    point, station, user = await ready(site, "1.6")
    path = await booked(site, point, user, in_s=65)
    await until(station, lambda machine: machine.state(1) is State.RESERVED)
    await shows(site.api, path, lambda data: data["status"] == "no-show")
    await until(station, lambda machine: machine.state(1) is State.AVAILABLE)
