"""An operator's charging profile and load management at one station: the lower limit holds, and the API tells of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.simulator.station import Station
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.waiting import becomes, shows

SPEED = 25.0  # simulated s a second


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


def limit(purpose: str, amps: float, level: int = 0) -> dict[str, Any]:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}]}
    return {
        "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute", "stackLevel": level,
        "chargingSchedule": schedule,
    }  # fmt: skip


async def draws(station: Station, amps: float) -> None:
    async def drawn() -> float:
        return station.draw(1)[0]

    await becomes(drawn, lambda found: found == amps)


async def test_load_management_keeps_below_an_operators_profile(site: Live) -> None:
    circuit = await site.given.circuit(maxCurrent=20)
    point = await site.charge_point("CP1")
    await site.attach(circuit, point)
    await site.driver("CARD")
    station = await site.station("CP1")
    station.plug(1, Vehicle(3, 32))
    await station.present_tag(1, "CARD")
    await draws(station, 20)
    actions = f"/actions/charge-point/v1.0/{point['id']}"

    laid = await site.api.post(f"{actions}/set-charging-profile/1", limit("TxProfile", 12))
    assert laid.status == 202, laid.body
    await draws(station, 12)
    evse = f"/resources/charge-points/v2.0/{point['id']}/evses/{point['evses'][0]['id']}"
    await shows(site.api, evse, lambda data: data["chargingProfile"]["schedulePeriods"][0]["limit"] == 12,
                "include[]=chargingProfile")  # fmt: skip

    # the whole charge point's limit is lower still, and the station itself works out the same
    assert (await site.api.post(f"{actions}/set-charging-profile/0", limit("ChargePointMaxProfile", 8))).status == 202
    await draws(station, 8)
    composite = await site.api.post(f"{actions}/get-composite-schedule", {"evseNetworkId": 1, "duration": 60})
    assert composite.data["chargingSchedulePeriod"][0]["limit"] == 8

    # taken off again, the circuit's is the only limit left
    assert (await site.api.post(f"{actions}/clear-charging-profile")).status == 202
    await draws(station, 12)
    assert (await site.api.post(f"{actions}/clear-charging-profile", {"id": laid.data["id"]})).status == 202
    await draws(station, 20)


async def test_a_station_without_load_management_obeys_the_profile_itself(site: Live) -> None:
    point = await site.charge_point("CP1")
    await site.driver("CARD")
    station = await site.station("CP1")
    station.plug(1, Vehicle(3, 32))
    await station.present_tag(1, "CARD")
    await draws(station, 32)
    actions = f"/actions/charge-point/v1.0/{point['id']}"
    assert (await site.api.post(f"{actions}/set-charging-profile/1", limit("TxDefaultProfile", 10, 2))).status == 202
    await draws(station, 10)
    assert (await site.api.post(f"{actions}/clear-charging-profile", {"evseNetworkId": "1"})).status == 202
    await draws(station, 32)
    evse = f"/resources/charge-points/v2.0/{point['id']}/evses/{point['evses'][0]['id']}"
    assert await becomes(lambda: shown(site, evse), lambda found: found is None) is None


async def shown(site: Live, path: str) -> Any:
    return (await site.api.get(path, "include[]=chargingProfile")).data["chargingProfile"]
