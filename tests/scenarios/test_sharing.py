"""Ten stations on a circuit of 32 A: whatever happens, no phase ever carries more than the breaker allows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.simulator.site import Building, Load, Meter, Reading
from ohmstead.simulator.station import Station
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live

LIMIT_A = 32.0
RESERVED_A = 14.0
SPEED = 25.0  # simulated s a second
WIRINGS = ("RST", "STR", "TRS", "RST", "STR", "TRS", "L1", "L2", "L3", "RST")


class Watchman:
    """Looks at every station each simulated second and remembers the worst."""

    def __init__(self, site: Live, building: Building) -> None:
        self.site, self.building = site, building
        self.looks, self.began = 0, site.clock.now()
        self.violations: list[str] = []

    async def watch(self) -> None:
        while True:
            await self.site.clock.sleep(1.0)
            self.look()

    def look(self) -> None:
        """What flows now, and what would flow if each car took all it is offered."""
        self.looks += 1
        other = self.building.draw
        for phase in range(3):
            drawn = sum(station.site_draw()[phase] for station in self.site.stations)
            allowed = sum(
                offered(station, wired, phase) for station, wired in zip(self.site.stations, WIRINGS, strict=True)
            )
            for amps, word in ((drawn, "drawn"), (allowed, "allowed")):
                if amps + other[phase] > LIMIT_A + 0.05:
                    self.violations.append(f"L{phase + 1}: {amps:.1f} A {word} beside {other[phase]:.1f} A")

    def looked_each_second(self) -> bool:
        """Whether it looked nearly as often as seconds went by; a busy machine loses some."""
        return self.looks >= 0.6 * (self.site.clock.now() - self.began).total_seconds()


def offered(station: Station, wired: str, phase: int) -> float:
    """A that a charging station's limit lets a car take from one phase of the site."""
    uses = wired[0] != "L" or wired == f"L{phase + 1}"
    return station.offered(1) if uses and station.transaction(1) else 0.0


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    tuning = Tuning(tick=5.0, meter_period=5.0, margin=3.0, band=EXACT, pace=Pace(hold=10.0))
    async with live(system.dsn, tmp_path, SystemClock(SPEED), tuning) as running:
        yield running


async def happens(site: Live, predicate: Callable[[], bool], within_s: float) -> bool:
    """Whether it comes true within so many simulated seconds."""
    for _ in range(round(within_s)):
        if predicate():
            return True
        await site.clock.sleep(1.0)
    return predicate()


def charging(stations: list[Station]) -> list[Station]:
    return [station for station in stations if station.draw(1) != (0.0, 0.0, 0.0)]


def managed(stations: list[Station]) -> float:
    """A on the busiest phase that stations draw."""
    return max(sum(station.site_draw()[phase] for station in stations) for phase in range(3))


async def test_ten_stations_never_exceed_the_breaker(site: Live) -> None:
    meter_row = await site.given.meter()
    circuit = await site.given.circuit(
        maxCurrent=LIMIT_A,
        minChargePointCurrent=6,
        electricityMeterId=meter_row["id"],
        offlineReservedCurrent=RESERVED_A,
    )
    building = Building(Load((5.0, 4.0, 6.0), step_a=2.0, steps_per_hour=30, walk_a=0.2))

    async def report(reading: Reading) -> None:
        body: dict[str, Any] = {f"currentL{line}": round(1000 * amps) for line, amps in enumerate(reading.total, 1)}
        body["timestamp"] = reading.at.isoformat()
        await site.api.post(f"/actions/electricity-meter/v1.0/{meter_row['id']}/report-consumption", body)

    for number, wired in enumerate(WIRINGS):
        point = await site.charge_point(f"S{number}", 32, wired)
        await site.attach(circuit, point)
        await site.station(f"S{number}", 32, wired)
    stations = site.stations
    meter = Meter(site.clock, stations, report, building=building, interval_s=5.0)
    meter.start()
    watchman = Watchman(site, building)
    watching = asyncio.create_task(watchman.watch())
    try:
        # they fill the circuit
        for number, station in enumerate(stations):
            user = await site.given.user()
            await site.given.id_tag(idTagUid=f"CARD{number}", userId=int(user["id"]))
            station.plug(1, Vehicle(1 if WIRINGS[number][0] == "L" else 3, 32, soc=20))
            assert await station.present_tag(1, f"CARD{number}")
        assert await happens(site, lambda: managed(stations) > 15, 180), managed(stations)
        busy = charging(stations)
        assert len(busy) >= 3

        # one leaves, and others get what it had
        leaving = busy[0]
        leaving.unplug(1)
        assert await happens(site, lambda: managed([s for s in stations if s is not leaving]) > 15, 180)

        # one goes offline while it charges: what it may draw stays reserved
        lost = charging(stations)[0]
        await lost.drop()
        await site.clock.sleep(60)
        assert charging(stations)

        # the meter falls silent: the reserve counts
        await meter.stop()
        reserve = LIMIT_A - RESERVED_A
        assert await happens(site, lambda: managed(stations) <= reserve + 0.05, 120), managed(stations)
        await site.clock.sleep(60)
        assert managed(stations) <= reserve + 0.05
        assert charging(stations)
    finally:
        watching.cancel()
        await meter.stop()
    assert watchman.looked_each_second()
    assert not watchman.violations, watchman.violations[:5]
