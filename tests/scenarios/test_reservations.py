"""A simulated station keeps a connector free: for its user's card, for a start from afar, until the time is up."""

from collections.abc import AsyncIterator
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


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


@pytest.fixture
async def point(site: Live) -> dict[str, Any]:
    """A charge point that may be reserved."""
    made = await site.charge_point("CP1")
    path = f"/resources/charge-points/v2.0/{made['id']}/evses/{made['evses'][0]['id']}"
    assert (await site.api.patch(path, {"allowsReservation": True})).status == 200
    return made


async def reserve(site: Live, point: dict[str, Any], user: int) -> str:
    """The path of the reservation."""
    answer = await site.api.post(f"/actions/charge-point/v1.0/{point['id']}/reserve/1", {"userId": user})
    assert answer.status == 202, answer.body
    return f"/resources/reservations/v1.0/{answer.body['reservationId']}"


async def free(site: Live, point: dict[str, Any]) -> Station:
    """Its station, once it has said that it is available."""
    station = await site.station("CP1")
    path = f"/resources/charge-points/v1.0/{point['id']}/status"
    await shows(site.api, path, lambda data: data["evses"][0]["hardwareStatus"] == "available")
    return station


async def user_with(site: Live, card: str) -> int:
    user = int((await site.given.user())["id"])
    await site.given.id_tag(idTagUid=card, userId=user)
    return user


async def test_only_its_user_charges_there(site: Live, point: dict[str, Any]) -> None:
    user = await user_with(site, "OLD")
    await site.given.id_tag(idTagUid="NEW", userId=user)
    await user_with(site, "OTHER")
    station = await free(site, point)
    path = await reserve(site, point, user)
    assert station.state(1) is State.RESERVED
    station.plug(1, Vehicle(3, 32))
    assert not await station.present_tag(1, "OTHER")
    assert await station.present_tag(1, "OLD")  # any card of the user's will do
    await shows(site.api, path, lambda data: data["status"] == "done")


async def test_its_user_starts_from_afar(site: Live, point: dict[str, Any]) -> None:
    user = await user_with(site, "CARD")
    station = await free(site, point)
    path = await reserve(site, point, user)
    started = await site.api.post(f"/actions/charge-point/v1.0/{point['id']}/start/1", {"userId": user})
    assert started.body["success"] is True, started.body
    station.plug(1, Vehicle(3, 32))
    await shows(site.api, path, lambda data: data["status"] == "done")


async def test_time_runs_out_on_both_sides(site: Live, point: dict[str, Any]) -> None:
    async with site.system.database.begin() as tx:
        await settings.put(tx, "reservations", reservationTime=1)
    user = await user_with(site, "CARD")
    station = await free(site, point)
    path = await reserve(site, point, user)
    await until(station, lambda machine: machine.state(1) is State.AVAILABLE)
    await shows(site.api, path, lambda data: data["status"] == "expired")


async def test_it_is_canceled_at_the_station(site: Live, point: dict[str, Any]) -> None:
    user = await user_with(site, "CARD")
    station = await free(site, point)
    path = await reserve(site, point, user)
    cancel = path.replace("resources/reservations", "actions/reservation") + "/cancel"
    assert (await site.api.post(cancel)).status == 202
    assert station.state(1) is State.AVAILABLE
    assert (await site.api.get(path)).data["status"] == "canceled"


async def test_a_broken_connector_is_kept_for_nobody(site: Live, point: dict[str, Any]) -> None:
    user = await user_with(site, "CARD")
    station = await free(site, point)
    path = await reserve(site, point, user)
    station.fault(1)
    await shows(site.api, path, lambda data: data["status"] == "canceled")
    station.clear(1)
    await until(station, lambda machine: machine.state(1) is State.AVAILABLE)
