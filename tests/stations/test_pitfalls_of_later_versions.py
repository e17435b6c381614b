"""Pitfalls 13 and 15: stations of 2.0.1 that lose the line, say their EVSE once, number oddly, or take W only."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import Live, live
from tests.scenarios.waiting import becomes
from tests.stations.talker import Talker, talker

TOKEN = {"idToken": "CARD", "type": "ISO14443"}
EVSE = {"id": 1, "connectorId": 1}


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock()) as running:
        await running.driver("CARD")
        yield running


@pytest.fixture
async def point(site: Live) -> dict[str, Any]:
    return await site.charge_point("S", version="2.0.1")


def began(site: Live) -> datetime:
    """Stations tell of the hour before."""
    return (site.clock.now() - timedelta(hours=1)).replace(microsecond=0)


async def sessions(site: Live) -> list[dict[str, Any]]:
    return (await site.api.get("/resources/sessions/v1.0")).data


async def only_session(site: Live) -> dict[str, Any]:
    found = await sessions(site)
    assert len(found) == 1, found
    return found[0]


async def starts(station: Talker, minute: float = 0, wh: float = 1000, **facts: Any) -> None:
    readings = [station.reading(minute, wh)]
    await station.event("Started", minute, **{"evse": EVSE, "idToken": TOKEN, "meterValue": readings} | facts)


async def test_15_one_that_tells_of_a_charge_it_did_out_of_reach(site: Live, point: dict[str, Any]) -> None:
    """`offline`: the charge was when it says, and how the outlet was then is history."""
    start = began(site)
    async with talker(site, "S", start) as station:
        await station.says("Available", 55)
        await starts(station, 10, offline=True)
        for minute, wh in ((20, 1800), (30, 2600)):
            charging = {"chargingState": "Charging"}
            await station.event("Updated", minute, charging, offline=True, meterValue=[station.reading(minute, wh)])
        await station.event("Ended", 40, offline=True, meterValue=[station.reading(40, 3000)])
        found = await only_session(site)
        assert (found["status"], found["energy"]) == ("finished", 2000)
        moments = [datetime.fromisoformat(found[name]) for name in ("startedAt", "stoppedAt")]
        assert moments == [start + timedelta(minutes=10), start + timedelta(minutes=40)]
        outlet = f"/resources/charge-points/v2.0/{point['id']}/evses/{point['evses'][0]['id']}"
        assert (await site.api.get(outlet)).data["hardwareStatus"] == "available"


async def test_15_one_that_names_its_evse_once_and_loses_the_line(site: Live, point: dict[str, Any]) -> None:
    """libocpp #580, lbbrhzn #2135: on the new line nothing but the transaction's name says where it is."""
    assert point["id"]
    start = began(site)
    async with talker(site, "S", start) as station:
        await starts(station, evse={"id": 1})
        await station.event("Updated", 5, meterValue=[station.reading(5, 1500)])
    async with talker(site, "S", start) as station:
        await station.event("Updated", 10, meterValue=[station.reading(10, 2000)])
        assert ((await only_session(site))["energy"], (await only_session(site))["status"]) == (1000, "active")
        await station.event("Ended", 15, meterValue=[station.reading(15, 2200)])
    assert ((await only_session(site))["energy"], (await only_session(site))["status"]) == (1200, "finished")


async def test_15_one_that_goes_on_telling_after_the_end(site: Live, point: dict[str, Any]) -> None:
    """Ended is the end, whatever number comes after it; what was late still belongs to the charge."""
    assert point["id"]
    async with talker(site, "S", began(site)) as station:
        await starts(station)
        await station.event("Ended", 30, seqNo=2, meterValue=[station.reading(30, 3000)])
        await station.event("Updated", 20, seqNo=1, meterValue=[station.reading(20, 2400)])
        await station.event("Updated", 35, {"chargingState": "Charging"}, seqNo=3,
                            meterValue=[station.reading(35, 3500)])  # fmt: skip
        found = await only_session(site)
        assert (found["status"], found["energy"]) == ("finished", 2000)
        await starts(station, 40, 3500, seqNo=0)
        first, second = await sessions(site)
        assert (first["status"], second["status"]) == ("finished", "active")


async def test_15_one_that_numbers_anew_after_a_boot(site: Live, point: dict[str, Any]) -> None:
    """A crash loses the end, and the next charge has the same name and number: it is another one all the same."""
    assert point["id"]
    start = began(site)
    async with talker(site, "S", start) as station:
        await starts(station)
        await station.event("Updated", 5, seqNo=1, meterValue=[station.reading(5, 1500)])
        station.socket.transport.abort()
    async with talker(site, "S", start) as station:
        await starts(station, 20, 1500)
        await station.event("Updated", 25, seqNo=1, meterValue=[station.reading(25, 1800)])
        first, second = await sessions(site)
        assert (first["status"], first["energy"]) == ("finished", 500)
        assert (second["status"], second["energy"]) == ("active", 300)
        await station.event("Ended", 30, seqNo=2, meterValue=[station.reading(30, 1900)])
    assert [one["energy"] for one in await sessions(site)] == [500, 400]


async def test_13_one_whose_controller_takes_watts_only(system: System, tmp_path: Path) -> None:
    """`SmartChargingCtrlr.RateUnit` of the report that follows a boot is heeded."""
    async with live(system.dsn, tmp_path, SystemClock(25.0)) as site:
        await site.driver("CARD")
        circuit = await site.given.circuit(maxCurrent=10)
        made = await site.charge_point("W", version="2.0.1")
        await site.attach(circuit, made)
        async with talker(site, "W", site.clock.now()) as station:
            station.answers["SetChargingProfile"] = {"status": "Accepted"}
            report = {"component": {"name": "SmartChargingCtrlr"}, "variable": {"name": "RateUnit"},
                      "variableAttribute": [{"value": "W", "mutability": "ReadOnly"}]}  # fmt: skip
            told = {"requestId": 1, "generatedAt": station.at(0), "seqNo": 0, "reportData": [report]}
            await station.call("NotifyReport", told)
            await station.says("Occupied", 0)
            await station.event("Started", 0, {"chargingState": "Charging"}, evse=EVSE, idToken=TOKEN)

            async def limit() -> Any:
                laid = [one["chargingProfile"] for action, one in station.told if action == "SetChargingProfile"]
                return next((one["chargingSchedule"][0] for one in laid
                             if one["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"]), None)  # fmt: skip

            schedule = await becomes(limit, lambda found: found is not None)
            assert (schedule["chargingRateUnit"], schedule["chargingSchedulePeriod"][0]["limit"]) == ("W", 6235.3)
