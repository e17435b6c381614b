"""The site's life, a process of its own: stations, cars, the building and its meter, and what goes wrong.

Reads a pickled Job from the file it is given; says when the scene began once every station is there and was told its
limit, lives through it, and leaves a pickled Record in the file the job names.
"""

import asyncio
import pickle
import random
import sys
import time
from datetime import datetime
from pathlib import Path

import aiohttp
import uvloop

from ohmstead.app.api_client import ApiClient
from ohmstead.kit.clock import Clock
from ohmstead.simulator.settings import Settings
from ohmstead.simulator.tasks import Tasks
from ohmstead.simulator.vehicle import Vehicle
from parts.faster_clock import clock_from_environment
from parts.site.eye import Eye
from parts.site.furnish import CARD, PASSWORD
from parts.site.layout import OUTLETS
from parts.site.odd_station import SPEAKS, Odd
from parts.site.record import Job, Record, Reported, Stay
from parts.site.scenario import METER_S, Event, Visit

SAMPLE_S, HOLDS_CARD_EVERY_S = 10, 20.0
SETTLES_S = 300.0  # at most, until every station was told its fallback
BATTERY_WH, SOC = 60_000.0, 20.0


class Life:
    """Everything that is on the site but the server."""

    def __init__(self, job: Job, clock: Clock) -> None:
        self._job, self._clock, self._tasks = job, clock, Tasks("of the site")
        scenario = self._scenario = job.scenario
        self.stations: list[Odd] = [
            SPEAKS[outlet.version](
                job.ocpp_url, outlet.identity, PASSWORD, phases=len(outlet.lines), rating_a=outlet.rating_a,
                rotation=outlet.wired_to_main, clock=clock, seed=scenario.seed, odds=scenario.odds,
                dice=random.Random(f"odds {scenario.seed} {outlet.identity}"),
                settings=Settings(sample_s=SAMPLE_S, heartbeat_s=60),
            )
            for outlet in OUTLETS
        ]  # fmt: skip
        self.record = Record()
        self._api = ApiClient(job.api_url, job.token)
        self._meter_works = True
        self._began: datetime = clock.now()

    def now_s(self) -> float:
        """s since the scene began."""
        return (self._clock.now() - self._began).total_seconds()

    async def until_s(self, at_s: float) -> None:
        await self._clock.sleep(at_s - self.now_s())

    async def settle(self) -> datetime:
        """Switch everything on, and wait until it stands still; when that was."""
        if (refuses := self._scenario.refuses) >= 0:
            self.stations[refuses].faults.refuses_limits = True
        if (disobeys := self._scenario.disobeys) >= 0:
            self.stations[disobeys].ignore_profiles()
        for number in self._scenario.forgets:
            self.stations[number].faults.forgets_profiles = True
        self._tasks.start(self._report())
        for station in self.stations:
            await station.start()
            await station.until(lambda machine: machine.online and machine.accepted)
        async with asyncio.timeout(SETTLES_S / self._speed()):
            for number, station in enumerate(self.stations):
                if number != refuses:
                    await station.until(lambda machine: len(machine.hardware.profiles) > 0)
        self._began = self._clock.now()
        for station in self.stations:
            station.profiles_heard = 0
        self.record.reports.clear()
        return self._began

    def _speed(self) -> float:
        return float(getattr(self._clock, "speed", 1.0))

    async def live(self) -> Record:
        """The scene, from its beginning to its end."""
        eye = Eye(self._scenario, self.stations, self.record, self._clock, self.now_s)
        for number in range(len(OUTLETS)):
            self._tasks.start(self._occupy(number, [v for v in self._scenario.visits if v.outlet == number]))
        for event in self._scenario.events:
            self._tasks.start(self._suffer(event))
        self._tasks.start(eye.feel())
        await eye.watch()
        await self._tasks.ended()
        self.record.profiles = sum(station.profiles_heard for station in self.stations)
        await asyncio.gather(*(station.stop() for station in self.stations), self._api.close())
        return self.record

    # Cars

    async def _occupy(self, number: int, visits: list[Visit]) -> None:
        station = self.stations[number]
        for visit in visits:
            await self.until_s(visit.arrives_s)
            car = Vehicle(
                visit.phases, visit.max_a, battery_wh=BATTERY_WH, soc=SOC, reaction_s=visit.reaction_s,
                target_soc=SOC + 100 * visit.need_wh / BATTERY_WH,
            )  # fmt: skip
            before, stay, came_s = station.energy_wh(1), Stay(visit.number), self.now_s()
            station.plug(1, car)
            charging = self._tasks.start(self._hold_the_card(station, car))
            try:
                await self._stand(car, stay, came_s, visit.leaves_s)
            finally:
                charging.cancel()
                stay.energy_wh = station.energy_wh(1) - before
                self.record.stays.append(stay)
            station.unplug(1)

    async def _stand(self, car: Vehicle, stay: Stay, came_s: float, leaves_s: float) -> None:
        """Until it leaves; how long it wanted something is noted."""
        while (now := self.now_s()) < leaves_s:
            if car.appetite:
                stay.wanting_s = now - came_s
            await self._clock.sleep(min(2.0, leaves_s - now))

    async def _hold_the_card(self, station: Odd, car: Vehicle) -> None:
        """Again and again, until it charges, and should the station end that before the car is full."""
        while True:
            if car.appetite and station.hardware.powered and station.transaction(1) is None:
                await station.present_tag(1, CARD)
            await self._clock.sleep(HOLDS_CARD_EVERY_S)

    # The meter

    async def _report(self) -> None:
        path = f"/actions/electricity-meter/v1.0/{self._job.meter}/report-consumption"
        while True:
            if self._meter_works:
                self._tasks.start(self._report_once(path))
            await self._clock.sleep(METER_S)

    async def _report_once(self, path: str) -> None:
        at_s, began = self.now_s(), time.perf_counter()
        building = self._scenario.building_at(at_s)
        drawn = [sum(station.site_draw()[line] for station in self.stations) for line in range(3)]
        body = {f"currentL{line + 1}": round(1000 * (building[line] + drawn[line])) for line in range(3)}
        try:
            await self._api.call("POST", path, body)
        except (aiohttp.ClientError, OSError, RuntimeError):
            self.record.unreported += 1
            return
        self.record.reports.append(Reported(at_s, building, (time.perf_counter() - began) * self._speed()))

    # What goes wrong

    async def _suffer(self, event: Event) -> None:
        """The server's end is for others to bring about."""
        await self.until_s(event.at_s)
        match event.kind:
            case "cut" | "half-open cut":
                await self._cut([self.stations[event.outlet]], event.for_s, event.kind == "half-open cut")
            case "site outage":
                await self._cut(self.stations, event.for_s, half_open=False)
            case "meter outage":
                self._meter_works = False
                await self._clock.sleep(event.for_s)
                self._meter_works = True
            case "reboot":
                await self.stations[event.outlet].reboot()
            case "kill":
                pass

    async def _cut(self, stations: list[Odd], for_s: float, half_open: bool) -> None:
        for station in stations:
            station.away += 1
            station.lose_network(half_open=half_open)
        await self._clock.sleep(for_s)
        for station in stations:
            station.away -= 1
            if not station.away:
                station.find_network()


async def main(job: Job) -> None:
    life = Life(job, clock_from_environment())
    began = await life.settle()
    print(began.isoformat(), "ready", sep="\n", flush=True)
    record = await life.live()
    job.record.write_bytes(pickle.dumps(record))


if __name__ == "__main__":
    given = pickle.loads(Path(sys.argv[1]).read_bytes())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given))
