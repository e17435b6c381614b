"""What an explanation says of real stations is what they were told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ohmstead.app.system import System
from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.power.circuits.table import circuit_current
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.simulator.station import Station
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.places import fleet
from tests.scenarios.waiting import becomes, shows

SPEED = 25.0  # simulated s a second
WIRED = {"A": "RST", "B": "STR", "C": "L2"}  # of the deck, whose lines are turned against those of the fuse


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    tuning = Tuning(tick=5.0, pace=Pace(hold=10.0), band=EXACT)
    async with live(system.dsn, tmp_path, SystemClock(SPEED), tuning) as running:
        yield running


def offers(told: dict[str, Any]) -> list[float]:
    return [one["offered"] for one in told["evses"]]


async def test_what_is_explained_is_what_stations_were_told(site: Live) -> None:
    fuse = await site.given.circuit(name="Fuse", maxCurrent=63)
    deck = await site.given.circuit(name="Deck", maxCurrent=33, parentCircuitId=fuse["id"], phaseRotation="STR")
    stations: dict[int, Station] = {}
    for identity, wired in WIRED.items():
        point = await site.charge_point(identity, 32, wired, name=f"Box {identity}")
        await site.attach(deck, point)
        stations[point["evses"][0]["id"]] = await site.station(identity, 32, wired)
    card = await fleet(site)
    for station in site.stations:
        station.plug(1, Vehicle(1 if station.identity == "C" else 3, 32, soc=10))
        assert await station.present_tag(1, card)

    path = f"/internal/circuits/v1.0/{deck['id']}/explanation"
    told = await shows(site.api, path, lambda data: offers(data) == [11, 11, 11])
    drawn = await shows(site.api, path, lambda data: data["lines"][1]["drawn"] == pytest.approx(33, abs=0.2))
    for one in told["evses"]:
        station = stations[one["evseId"]]
        assert one["offered"] == one["target"] == one["reserve"]["amps"] == one["lease"]["amps"] == station.offered(1)
        assert (one["state"], one["pending"], one["control"]["standing"]) == ("line", None, None)
        assert one["binding"] == {"circuitId": deck["id"], "name": "Deck", "phase": "L2", "rootPhase": "L3"}
        assert one["name"].startswith(f"Box {station.identity}")
        alone = (await site.api.get(f"/internal/evses/v1.0/{one['evseId']}/explanation")).data
        assert (alone["offered"], alone["binding"]) == (one["offered"], one["binding"])
    assert [one["phases"] for one in told["evses"]] == [["L1", "L2", "L3"], ["L1", "L2", "L3"], ["L2"]]
    assert [line["rootPhase"] for line in told["lines"]] == ["L2", "L3", "L1"]
    assert [line["reserved"] for line in told["lines"]] == pytest.approx([22, 33, 22])
    for line in drawn["lines"]:
        of_each = [own["amps"] for one in drawn["evses"] for own in one["drawn"] if own["phase"] == line["phase"]]
        assert line["drawn"] == pytest.approx(sum(of_each), abs=0.02)

    above = (await site.api.get(f"/internal/circuits/v1.0/{fuse['id']}/explanation")).data
    assert [line["reserved"] for line in above["lines"]] == pytest.approx([22, 22, 33])
    assert above["lines"][2]["binds"] == []
    assert told["lines"][1]["binds"] == sorted(stations)


async def test_a_minute_of_each_circuit_is_written_down(site: Live) -> None:
    deck = await site.given.circuit(maxCurrent=32)

    async def minutes() -> int:
        async with site.system.database.read() as tx:
            return await tx.value(select(func.count()).select_from(circuit_current))

    await becomes(minutes, lambda count: count >= 3)
    shown = (await site.api.get(f"/internal/circuits/v1.0/{deck['id']}/currents", "step=60")).data
    first, second = shown["lines"][0]["points"][:2]
    assert (first["limit"], first["managed"], first["unmanaged"]) == (32, 0, None)
    assert first["at"] < second["at"]
