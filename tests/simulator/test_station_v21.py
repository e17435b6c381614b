"""What a station of OCPP 2.1 does with limits that know whether it is online; every frame is held to the schemas."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.charging_profiles import ChargingProfiles
from ohmstead.simulator.station_v21 import StationV21
from tests.simulator.central import Central, central_system
from tests.simulator.test_station_v201 import ACCEPTED, REJECTED, charging, idle, profile

EVER = {"maxOfflineDuration": 300, "invalidAfterOfflineDuration": True}


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with central_system(version="v21") as running:
        yield running


@pytest.fixture
async def station(central: Central, clock: ManualClock) -> AsyncIterator[StationV21]:
    station = StationV21(central.url, "CP1", clock=clock)
    await station.start()
    await idle(station)
    yield station
    await station.stop()


async def lay(central: Central, **given: Any) -> Any:
    return await central.tell("SetChargingProfile", {"evseId": 1, "chargingProfile": given})


async def change(central: Central, limit: float, id: int = 7) -> Any:
    return await central.tell("UpdateDynamicSchedule", {"chargingProfileId": id, "scheduleUpdate": {"limit": limit}})


async def back(station: StationV21, clock: ManualClock) -> None:
    station.find_network()
    while not station.online:
        await clock.advance(10)
        await station.until(lambda s: s.online or s.uplink.line.pausing)
    await idle(station)


@pytest.mark.parametrize(("for_good", "after"), [(True, 0.0), (False, 16.0)])
async def test_a_limit_ends_once_it_was_offline_for_so_long(
    central: Central, clock: ManualClock, station: StationV21, for_good: bool, after: float
) -> None:
    name = await charging(station)
    assert await lay(central, **profile(0, id=6)) == ACCEPTED
    ends = EVER | {"invalidAfterOfflineDuration": for_good}
    assert await lay(central, **profile(16, name, id=7, **ends)) == ACCEPTED
    await clock.advance(3600)
    assert station.offered(1) == 16, "online it has no end"
    station.lose_network()
    await clock.advance(299)
    assert station.offered(1) == 16
    await clock.advance(2)
    assert station.offered(1) == 0, "the default below shows through"
    await back(station, clock)
    assert station.offered(1) == after


async def test_a_short_time_offline_ends_nothing_and_the_next_counts_anew(
    central: Central, clock: ManualClock, station: StationV21
) -> None:
    name = await charging(station)
    assert await lay(central, **profile(0, id=6)) == ACCEPTED
    assert await lay(central, **profile(16, name, id=7, **EVER)) == ACCEPTED
    for _ in range(2):
        station.lose_network()
        await clock.advance(200)
        await back(station, clock)
        assert station.offered(1) == 16


async def test_a_dynamic_profile_is_changed_by_a_number(
    central: Central, clock: ManualClock, station: StationV21
) -> None:
    name = await charging(station)
    dynamic = {"chargingProfileKind": "Dynamic", **EVER}
    assert await lay(central, **profile(16, name, id=7) | dynamic) == ACCEPTED
    assert station.offered(1) == 16
    assert await change(central, 10) == ACCEPTED
    assert station.offered(1) == 10
    assert await change(central, 8, id=8) == REJECTED
    assert station.offered(1) == 10
    await central.tell("GetChargingProfiles", {"requestId": 1, "evseId": 1, "chargingProfile": {}})
    told = (await central.hear("ReportChargingProfiles"))["chargingProfile"][0]
    assert (told["chargingProfileKind"], told["maxOfflineDuration"]) == ("Dynamic", 300)
    assert told["invalidAfterOfflineDuration"] is True
    assert told["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == 10


async def test_others_are_no_dynamic_ones(central: Central, clock: ManualClock, station: StationV21) -> None:
    name = await charging(station)
    assert await lay(central, **profile(16, name, id=7)) == ACCEPTED
    assert await change(central, 10) == REJECTED


async def test_one_without_these_features_refuses_them(central: Central, clock: ManualClock) -> None:
    plain = StationV21(central.url, "CP2", clock=clock, profiles=ChargingProfiles(32, 3))
    await plain.start()
    await idle(plain)
    name = await charging(plain)
    assert await lay(central, **profile(16, name, id=7, **EVER)) == REJECTED
    assert await lay(central, **profile(16, name, id=7) | {"chargingProfileKind": "Dynamic"}) == REJECTED
    assert await lay(central, **profile(16, name, id=7)) == ACCEPTED
    await plain.stop()


async def test_it_says_what_it_can(central: Central, station: StationV21) -> None:
    names = ("SupportsDynamicProfiles", "SupportsMaxOfflineDuration")
    asked = [{"component": {"name": "SmartChargingCtrlr"}, "variable": {"name": name}} for name in names]
    answer = await central.tell("GetVariables", {"getVariableData": asked})
    assert [one["attributeValue"] for one in answer["getVariableResult"]] == ["true", "true"]
