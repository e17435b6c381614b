"""EVSEs that move to a satellite: they stay what they are, speak through the same line, and count elsewhere."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.facts import outbox
from ohmstead.rooms.devices.stations import stations
from ohmstead.simulator.vehicle import Vehicle
from tests.client import Answer, Client
from tests.given import Given
from tests.live import Live, live
from tests.rooms.charges import Gateway, Site, energy, later, site, tag
from tests.scenarios.places import Ear, Place
from tests.scenarios.waiting import becomes, shows

BASE = "/resources/charge-points/v2.0"


@pytest.fixture
async def here(given: Given) -> Site:
    return await site(given, evses=3)


async def satellite_of(given: Given, master: int) -> dict[str, Any]:
    mode = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": master}
    return await given.charge_point(network={}, **mode)


async def move(api: Client, master: int, satellite: int, *evses: int) -> Answer:
    body = {"satelliteChargePointId": satellite, "evseIds": list(evses)}
    return await api.post(f"/actions/charge-point/v1.0/{master}/move-evses-to-satellite", body)


async def ids(api: Client, point: int) -> list[int]:
    return [one["id"] for one in (await api.get(f"{BASE}/{point}/evses")).data]


async def test_they_keep_what_they_are(api: Client, given: Given, here: Site) -> None:
    satellite = await satellite_of(given, here.id)
    before = (await api.get(f"{BASE}/{here.id}/evses/{here.evses[1]}")).data
    answer = await move(api, here.id, satellite["id"], *here.evses[1:])
    assert (answer.status, answer.body) == (202, None)
    assert await ids(api, here.id) == here.evses[:1]
    assert await ids(api, satellite["id"]) == here.evses[1:]
    after = (await api.get(f"{BASE}/{satellite['id']}/evses/{here.evses[1]}")).data
    assert after | {"lastUpdatedAt": None} == before | {"lastUpdatedAt": None}
    await here.status("faulted", 2)
    shown = (await api.get(f"/resources/charge-points/v1.0/{satellite['id']}/status")).data
    assert shown["evses"][0] == {"id": here.evses[1], "hardwareStatus": "faulted"}
    assert await ids(api, here.id) == here.evses[:1]  # no new EVSE came to be


async def test_what_is_charged_there_is_the_satellites(given: Given, here: Site) -> None:
    satellite, card = await satellite_of(given, here.id), await tag(given)
    _, verdict = await here.starts(card, number=2)
    assert verdict.status == "accepted"
    before = await here.only_session()
    await here.stops(before["transaction_id"], later(10), 2000)
    assert (await move(given.api, here.id, satellite["id"], here.evses[1])).status == 202
    number, _ = await here.starts(card, at=later(20), wh=2000, number=2)
    await here.meters(energy(later(30), 4000), transaction=number, number=2)
    await here.stops(number, later(40), 5000)
    first, second = await here.sessions()
    assert (first["charge_point_id"], second["charge_point_id"]) == (here.id, satellite["id"])
    assert {first["evse_id"], second["evse_id"]} == {here.evses[1]}
    assert (second["station_id"], second["status"], second["energy_wh"]) == (here.id, "finished", 3000)


async def test_what_cannot_move(api: Client, given: Given, here: Site) -> None:
    satellite, other = await satellite_of(given, here.id), await given.charge_point()
    foreign = await given.evse(other)
    for wrong in (other["id"], here.id, 999):
        answer = await move(api, here.id, wrong, here.evses[0])
        assert (answer.status, answer.body["errors"].keys()) == (422, {"satelliteChargePointId"})
    await here.starts(await tag(given), number=2)
    user = await given.user()
    await api.patch(f"{BASE}/{here.id}/evses/{here.evses[2]}", {"allowsReservation": True})
    stations.provide(Gateway())
    reserved = await api.post(f"/actions/charge-point/v1.0/{here.id}/reserve/3", {"userId": int(user["id"])})
    stations.provide(None)
    assert reserved.status == 202, reserved.body
    answer = await move(api, here.id, satellite["id"], *here.evses, foreign["id"], 999)
    assert (answer.status, answer.body["errors"].keys()) == (422, {f"evseIds.{place}" for place in (1, 2, 3, 4)})
    assert await ids(api, here.id) == here.evses  # all or none
    assert (await move(api, here.id, satellite["id"])).body["errors"].keys() == {"evseIds"}
    assert (await move(api, 999, satellite["id"], here.evses[0])).status == 404


async def test_on_a_circuit_they_hang_with_their_charge_point(api: Client, given: Given) -> None:
    point = await given.managed_charge_point()
    circuit = await given.circuit()
    path = f"/actions/circuit/v2.0/{circuit['id']}"
    assert (await api.post(f"{path}/attach-charge-point", {"chargePointId": point["id"]})).status == 202
    outlet = point["evses"][0]["id"]
    weigh = f"{path}/set-charge-point-priority/{point['id']}/evse/{outlet}"
    assert (await api.post(weigh, {"priority": 2})).status == 202
    priorities = f"/resources/circuits/v2.0/{circuit['id']}/charge-point-priorities"
    assert (await api.get(priorities)).data[0]["evses"] == [{"id": outlet, "priority": 2}]
    satellite = await satellite_of(given, point["id"])
    assert (await move(api, point["id"], satellite["id"], outlet)).status == 202
    async with given.system.database.read() as tx:
        topics = {row["topic"] for row in await tx.all(select(outbox))}
    assert {"evse.changed", "evse.moved"} <= topics
    await given.system.outbox.drain()
    assert not (await api.get(priorities)).data[0].get("evses")


async def test_a_station_of_several_charge_points_is_told_where(api: Client, given: Given, here: Site) -> None:
    satellite, gateway = await satellite_of(given, here.id), Gateway()
    stations.provide(gateway)
    start = f"/actions/charge-point/v1.0/{here.id}/start"
    assert (await api.post(start, {})).body["success"] is True
    assert gateway.commands[-1][1].evse_network_id is None  # type: ignore[union-attr]
    await move(api, here.id, satellite["id"], here.evses[2])
    assert (await api.post(start, {})).body["success"] is True
    assert (await api.post(f"/actions/charge-point/v1.0/{satellite['id']}/start", {})).body["success"] is True
    stations.provide(None)
    told = [(station, command.evse_network_id) for station, command in gateway.commands]  # type: ignore[union-attr]
    assert told[1:] == [(here.id, 2), (here.id, 3)]


@pytest.fixture
async def place(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(20.0)) as running:
        yield running


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_charge_at_a_moved_evse(place: Live, version: str) -> None:
    """Started, metered and stopped through the master's line."""
    master = await place.charge_point("MASTER", version=version)
    second = await place.given.evse(master, networkId="2")
    ear = Ear()
    station = await place.station("MASTER", version=version, connectors=2, trace=ear)
    satellite = await satellite_of(place.given, master["id"])
    assert (await move(place.api, master["id"], satellite["id"], second["id"])).status == 202
    at = Place(place.api, station, ear, satellite["id"], second["id"])
    await at.says("available")
    station.plug(2, Vehicle(3, 32, soc=10))
    user = await place.given.user()
    begun = await at.start(userId=int(user["id"]))
    assert begun.body["success"] is True
    session = await at.grows(await at.session("active"))
    assert (session["chargePointId"], session["evseId"]) == (satellite["id"], second["id"])
    assert (await at.stop(session)).status == 202
    ended = await at.session("finished")
    assert ended["reason"] == "remote"
    await shows(place.api, f"{BASE}/{master['id']}/evses", lambda rows: len(rows) == 1)


async def test_it_leaves_the_circuit_of_its_charge_point(place: Live) -> None:
    """Load management lets go of an EVSE that hangs nowhere any more, and takes one over that hangs elsewhere."""
    master, ear = await place.charge_point("MASTER"), Ear()
    circuit, outlet = await place.given.circuit(), master["evses"][0]["id"]
    await place.attach(circuit, master)
    await place.station("MASTER", trace=ear)
    assert await becomes(lambda: _commands(ear, "SetChargingProfile"), bool)
    satellite = await satellite_of(place.given, master["id"])
    assert (await move(place.api, master["id"], satellite["id"], outlet)).status == 202
    assert await becomes(lambda: _commands(ear, "ClearChargingProfile"), bool)

    before = len(await _commands(ear, "SetChargingProfile"))
    smart = {"mode": "dynamic", "defaultChargePointMaxCurrent": 32, "maxVoltage": "400", "phases": "three_phase",
             "electricalConfiguration": "star", "phaseRotation": "RST"}  # fmt: skip
    await place.given.made(f"{BASE}/{satellite['id']}/smart-charging", smart)
    await place.attach(circuit, satellite)
    told = await becomes(lambda: _commands(ear, "SetChargingProfile"), lambda found: len(found) > before)
    assert told[-1]["connectorId"] == 1


async def _commands(ear: Ear, action: str) -> list[dict[str, Any]]:
    return ear.commands(action)
