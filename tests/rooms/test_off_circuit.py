"""Charges off the circuits: each is told its limit by the mode of its charge point, and again before that runs out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.devices.stations import ChargingProfile, SetChargingProfile, StationSilent
from ohmstead.rooms.power.preferences.off_circuit import OffCircuits
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, energy, site
from tests.rooms.test_preferences import NIGHT, SCHEDULE, at
from tests.rooms.test_smart_charging import BASE, DYNAMIC, OWNERS

SLEEPS = OWNERS | {"enableKeepAwake": False}
EVENING = datetime.now(UTC).replace(hour=21, minute=0, second=0, microsecond=0)


class Home:
    """A charge point that charges and hangs on no circuit, with a clock of its own."""

    def __init__(self, system: System, api: Client, gateway: Gateway, here: Site) -> None:
        self.api, self.gateway, self.here, self.path = api, gateway, here, f"{BASE}/{here.id}"
        self.clock = ManualClock(EVENING)
        self.work = OffCircuits(system.database, self.clock)

    async def passes(self, **time: float) -> list[ChargingProfile]:
        """So much time, a look, and what was told at it."""
        await self.clock.advance(timedelta(**time).total_seconds())
        self.gateway.commands.clear()
        await self.work.look()
        found = [command for _, command in self.gateway.commands]
        assert all(isinstance(one, SetChargingProfile) for one in found)
        return [one.profile for one in found if isinstance(one, SetChargingProfile)]


@pytest.fixture
async def home(system: System, api: Client, given: Given, gateway: Gateway) -> Home:
    here = await site(given, type="personal", pin="1234")
    await given.made(f"{BASE}/{here.id}/smart-charging", SLEEPS)
    await given.id_tag(idTagUid="OWN", userId=int((await given.user())["id"]))
    await here.starts("OWN")
    return Home(system, api, gateway, here)


def amps(told: list[ChargingProfile]) -> list[list[tuple[int, float]]]:
    return [[(period.start_s, period.limit) for period in profile.periods] for profile in told]


async def test_nobody_is_told_what_holds_anyway(home: Home) -> None:
    assert await home.passes(seconds=0) == []


async def test_it_waits_for_the_window_of_its_owner(home: Home) -> None:
    await home.api.post(at(home.path), SCHEDULE)
    [told] = await home.passes(minutes=0)
    assert amps([told]) == [[(0, 0.0), (960, 32.0)]], "who is cut off charges freely after a quarter of an hour"
    assert told.purpose == "transaction"
    assert await home.passes(minutes=5) == []
    assert amps(await home.passes(minutes=5)) == [[(0, 0.0), (960, 32.0)]], "a lease is renewed in time"
    assert amps(await home.passes(minutes=110)) == [[(0, 32.0)]], "it is eleven: without an end"
    assert await home.passes(hours=3) == []
    assert amps(await home.passes(hours=6)) == [[(0, 0.0), (960, 32.0)]]


async def test_what_is_taken_is_shown_and_told(home: Home) -> None:
    await home.api.post(at(home.path), SCHEDULE)
    await home.passes(minutes=0)
    shown = (await home.api.get(f"{home.path}/evses/{home.here.evses[0]}", "include[]=chargingProfile")).data
    assert shown["chargingProfile"]["purpose"] == "TxProfile"
    assert [one["limit"] for one in shown["chargingProfile"]["schedulePeriods"]] == [0.0, 32.0]


async def test_it_has_what_was_wanted(home: Home) -> None:
    body = SCHEDULE | {"preferences": NIGHT | {"startTime": "20:00", "targetCharge": {"maxTargetChargeKwh": 5}}}
    await home.api.post(at(home.path), body)
    assert await home.passes(minutes=1) == []
    await home.here.meters(energy(EVENING - timedelta(hours=1), 6_000))
    assert amps(await home.passes(minutes=1)) == [[(0, 0.0), (960, 32.0)]]


async def test_switched_off_it_charges_at_once(home: Home) -> None:
    await home.api.post(at(home.path), SCHEDULE)
    await home.passes(minutes=0)
    await home.api.post(at(home.path), {"enabled": False})
    assert amps(await home.passes(seconds=10)) == [[(0, 32.0)]]
    assert await home.passes(seconds=10) == []


async def test_a_refusal_is_not_repeated_at_once(home: Home) -> None:
    await home.api.post(at(home.path), SCHEDULE)
    home.gateway.answer = "Rejected"
    assert len(await home.passes(minutes=10)) == 1
    home.gateway.answer = "Accepted"
    assert await home.passes(minutes=1) == []
    assert len(await home.passes(minutes=5)) == 1


async def test_who_comes_back_is_told(home: Home) -> None:
    await home.api.post(at(home.path), SCHEDULE)
    home.gateway.answer = StationSilent(30)
    assert await home.passes(minutes=10) == [], "it is not connected"
    home.gateway.answer = "Accepted"
    assert len(await home.passes(seconds=10)) == 1


async def test_in_its_pauses_it_keeps_awake(home: Home) -> None:
    await home.api.post(f"{home.path}/smart-charging", OWNERS | {"minCurrent": 8})
    await home.api.post(at(home.path), SCHEDULE)
    assert amps(await home.passes(minutes=0)) == [[(0, 8.0), (960, 32.0)]]


async def test_on_a_circuit_load_management_does_it(home: Home, given: Given) -> None:
    path = f"{home.path}/smart-charging"
    await home.api.post(path, OWNERS | {"allowDynamicLoadManagement": True})
    await home.api.post(at(home.path), SCHEDULE)
    circuit = (await given.circuit())["id"]
    hung = {"chargePointId": home.here.id}
    assert (await home.api.post(f"/actions/circuit/v2.0/{circuit}/attach-charge-point", hung)).status == 202
    assert await home.passes(minutes=0) == []


async def test_limits_by_the_hour(system: System, api: Client, given: Given, gateway: Gateway) -> None:
    here = await site(given)
    hours = [
        {"startAt": "22:00", "endAt": "23:00", "maxCurrent": 10},
        {"startAt": "23:00", "endAt": "00:00", "maxCurrent": 0},
    ]
    tod: dict[str, Any] = {"mode": "tod", "periods": [{"weekDay": "all", "elements": hours}]}
    await given.made(f"{BASE}/{here.id}/smart-charging", DYNAMIC | tod | {"defaultChargePointMaxCurrent": 16})
    await given.id_tag(idTagUid="OWN", userId=int((await given.user())["id"]))
    await here.starts("OWN")
    there = Home(system, api, gateway, here)
    assert amps(await there.passes(minutes=0)) == [[(0, 16.0)]], "the default"
    assert amps(await there.passes(hours=1)) == [[(0, 10.0), (960, 16.0)]]
    assert amps(await there.passes(hours=1)) == [[(0, 0.0), (960, 16.0)]]
    await api.post(f"{BASE}/{here.id}/smart-charging", {"mode": "disabled"})
    assert await there.passes(hours=1) == [], "disabled: nobody plans or limits"
