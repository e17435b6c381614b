"""Load management with charge points whose model takes only some charging profiles: the cable holds all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.simulator.station import Station
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.places import Place, fleet, place
from tests.scenarios.waiting import becomes

SPEED = 25.0  # simulated s a second
BREAKER_A = 20.0


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    tuning = Tuning(tick=5.0, band=EXACT, pace=Pace(hold=10.0))
    async with live(system.dsn, tmp_path, SystemClock(SPEED), tuning) as running:
        yield running


class Watch:
    """Adds up, again and again, what charging stations are allowed; `worst` is the most there ever was."""

    def __init__(self, *stations: Station) -> None:
        self.stations, self.worst, self.looks = stations, 0.0, 0

    async def __aenter__(self) -> "Watch":
        self._watching = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._watching.cancel()
        with suppress(asyncio.CancelledError):
            await self._watching

    async def _look(self) -> None:
        while True:
            offered = sum(one.offered(1) for one in self.stations if one.transaction(1))
            self.worst, self.looks = max(self.worst, offered), self.looks + 1
            await asyncio.sleep(0.01)


async def odd_place(site: Live, identity: str, circuit: dict[str, Any], version: str, quirks: dict[str, Any]) -> Place:
    """One on the circuit whose model has these quirks."""
    model = await site.given.model(quirks=quirks)
    found = await place(site, identity, version=version)
    path = f"/resources/charge-points/v2.0/{found.point}"
    assert (await site.api.patch(path, {"modelId": model["id"]})).status == 200
    await site.attach(circuit, {"id": found.point})
    return found


async def takes(station: Station, amps: Any) -> None:
    async def offered() -> float:
        return round(station.offered(1), 1)

    await becomes(offered, lambda found: found == amps)


def profiles(here: Place) -> list[dict[str, Any]]:
    """What it was sent: the profiles, in whichever version's words."""
    told = here.ear.commands("SetChargingProfile")
    return [one.get("csChargingProfiles") or one["chargingProfile"] for one in told]


def schedule(profile: dict[str, Any]) -> dict[str, Any]:
    found = profile["chargingSchedule"]
    return found[0] if isinstance(found, list) else found


@pytest.mark.parametrize(
    ("version", "quirks", "purposes"),
    [
        ("1.6", {"profilePurposes": ["TxDefaultProfile"]}, {"TxDefaultProfile"}),
        ("2.0.1", {"profilePurposes": ["TxDefaultProfile", "ChargePointMaxProfile"]}, {"TxDefaultProfile"}),
        ("1.6", {"profilePurposes": ["ChargePointMaxProfile"]}, {"ChargePointMaxProfile"}),
        ("2.0.1", {"profilePurposes": ["ChargePointMaxProfile"]}, {"ChargingStationMaxProfile"}),
        ("1.6", {"maxSchedulePeriods": 1}, {"TxDefaultProfile", "TxProfile"}),
        ("1.6", {"chargingRateUnit": "W"}, {"TxDefaultProfile", "TxProfile"}),
    ],
)
async def test_it_shares_like_any_other(site: Live, version: str, quirks: dict[str, Any], purposes: set[str]) -> None:
    """Two share the breaker; one ends and starts again from afar; never is more allowed than the breaker holds."""
    circuit = await site.given.circuit(maxCurrent=BREAKER_A)
    card = await fleet(site)
    odd = await odd_place(site, "ODD", circuit, version, quirks)
    plain = await place(site, "PLAIN", 32, circuit)
    alone = 20.0 if quirks.get("chargingRateUnit") != "W" else pytest.approx(18, abs=0.2)  # reckoned at a low voltage
    half = 10.0 if quirks.get("chargingRateUnit") != "W" else pytest.approx(9, abs=0.1)
    async with Watch(odd.station, plain.station) as watch:
        await odd.charges(card)
        await takes(odd.station, alone)
        session, _ = await plain.charges(card)
        assert session["status"] == "active"
        await takes(plain.station, 10)
        await takes(odd.station, half)
        odd.station.unplug(1)
        await takes(plain.station, 20)
        await takes(odd.station, 0)  # nothing is left of the limit of the charge that ended
        odd.station.plug(1, Vehicle(3, 32, soc=10))
        await odd.says("preparing" if version == "1.6" else "occupied")
        started = await becomes(odd.start, lambda answer: answer.body["success"])
        assert started.status == 202
        await takes(odd.station, half)
        await takes(plain.station, 10)
        assert watch.looks > 20
        assert watch.worst <= BREAKER_A + 0.05
    laid = profiles(odd)
    assert {one["chargingProfilePurpose"] for one in laid} == purposes
    if "maxSchedulePeriods" in quirks:
        assert {len(schedule(one)["chargingSchedulePeriod"]) for one in laid} == {1}
        limited = [one for one in laid if one["chargingProfilePurpose"] == "TxProfile"]
        assert any(schedule(one).get("duration") for one in limited)
    assert {schedule(one)["chargingRateUnit"] for one in laid} == {quirks.get("chargingRateUnit", "A")}


async def test_one_that_cannot_be_steered_has_its_rating_kept_free(site: Live) -> None:
    """A transaction's profile alone leaves nothing between charges: the others share the rest."""
    circuit = await site.given.circuit(maxCurrent=48)
    card = await fleet(site)
    odd = await odd_place(site, "ODD", circuit, "1.6", {"profilePurposes": ["TxProfile"]})
    plain = await place(site, "PLAIN", 32, circuit)
    await odd.charges(card)
    await plain.charges(card)
    await takes(plain.station, 16)
    assert profiles(odd) == []


@pytest.mark.parametrize(
    ("purposes", "later"),
    [
        (["TxProfile", "TxDefaultProfile"], ["TxDefaultProfile"]),
        (["TxDefaultProfile"], ["TxProfile", "TxDefaultProfile"]),
        (["TxProfile", "TxDefaultProfile"], ["ChargePointMaxProfile"]),
        (["ChargePointMaxProfile"], ["TxDefaultProfile"]),
    ],
)
async def test_what_is_taken_may_change_under_a_charge(site: Live, purposes: list[str], later: list[str]) -> None:
    """The limit of the old kind does not stay above the new one, during the charge or after it."""
    circuit = await site.given.circuit(maxCurrent=BREAKER_A)
    card = await fleet(site)
    odd = await odd_place(site, "ODD", circuit, "1.6", {"profilePurposes": purposes})
    plain = await place(site, "PLAIN", 32, circuit)
    async with Watch(odd.station, plain.station) as watch:
        await odd.charges(card)
        await takes(odd.station, 20)
        model = (await site.api.get(f"/resources/charge-points/v2.0/{odd.point}")).data["modelId"]
        changed = {"quirks": {"profilePurposes": later}}
        assert (await site.api.patch(f"/resources/charge-point-models/v1.0/{model}", changed)).status == 200
        kind = later[-1] if "TxProfile" not in later else "TxProfile"

        async def told() -> set[str]:
            return {one["chargingProfilePurpose"] for one in profiles(odd)[-2:]}

        await becomes(told, lambda found: kind in found)
        await plain.charges(card)
        await takes(plain.station, 10)
        await takes(odd.station, 10)
        odd.station.unplug(1)
        await takes(plain.station, 20)
        await takes(odd.station, 0)
        assert watch.worst <= BREAKER_A + 0.05
