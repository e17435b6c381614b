"""Cars that the cable cannot charge all at once take turns: none has nothing for longer than the turns of the others,
and one more, while another of its weight charges. On real sockets, in fast time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.places import Place, fleet, place

SPEED = 200.0  # simulated s a second
LIMIT_A, CARS = 7.0, 4  # one of them has its minimum
TURN_S = 450.0  # half of the default, so that an hour shows two rounds
LONGEST_S, WATCHED_S = CARS * TURN_S, 8 * TURN_S


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED), rotation=TURN_S) as running:
        yield running


@dataclass
class Wait:
    """How long a car has had nothing while others charge, and the longest it ever had, s."""

    place: Place
    now: float = 0.0
    longest: float = 0.0
    charged: float = 0.0

    def look(self, since: float, others: bool) -> None:
        if self.amps:
            self.now, self.charged = 0.0, self.charged + since
        elif others:
            self.now += since
            self.longest = max(self.longest, self.now)

    @property
    def amps(self) -> float:
        return self.place.station.draw(1)[0]


async def test_no_car_waits_longer_than_a_round_while_another_charges(site: Live) -> None:
    circuit, card = await site.given.circuit(maxCurrent=LIMIT_A), await fleet(site)
    waits = [Wait(await place(site, f"T{number}", circuit=circuit)) for number in range(CARS)]
    for one in waits:
        one.place.station.plug(1, Vehicle(3, 32, battery_wh=200_000, soc=10))
        while not await one.place.station.present_tag(1, card):
            pass  # at this speed an answer may come too late for a station, and its driver holds the card to it again
    worst, last = 0.0, site.clock.now()
    began = last
    while (last - began).total_seconds() < WATCHED_S:
        await asyncio.sleep(0.1)
        now = site.clock.now()
        drawn = [one.amps for one in waits]
        worst = max(worst, sum(drawn))
        for one in waits:
            one.look((now - last).total_seconds(), any(drawn))
        last = now
    found = [(round(one.longest), round(one.charged)) for one in waits]
    assert max(one.longest for one in waits) < LONGEST_S, found
    assert min(one.charged for one in waits) > 0.15 * WATCHED_S, found
    assert worst <= LIMIT_A + 0.05
