"""The eye on the site: the true currents each second, for the stations know what no server does."""

import asyncio
import time
from collections.abc import Callable, Sequence

from ohmstead.kit.clock import Clock
from ohmstead.simulator.station import Currents
from parts.site.layout import OUTLETS
from parts.site.odd_station import Odd
from parts.site.record import Record, Sample
from parts.site.scenario import Scenario

EVERY_S = 1.0
CLEARLY_A = 2.0  # above its limit is disobedience
FOUND_S = 75.0  # of drawing clearly above its limit: 45 s of proof, a sample, and others to be lowered
FIRST_CONTACT_S = 30.0  # for a station that has come to be told its first limit
FEEL_S = 0.05  # of the wall


class Eye:
    """`watch` until the scene is over."""

    def __init__(
        self, scenario: Scenario, stations: Sequence[Odd], record: Record, clock: Clock, now_s: Callable[[], float]
    ) -> None:
        self._scenario, self._stations, self._record = scenario, stations, record
        self._clock, self._now_s = clock, now_s
        self._over_s = 0.0
        self._here: dict[int, float] = dict.fromkeys(range(len(stations)), -FIRST_CONTACT_S)
        """Since when each station is online, in s."""

    async def watch(self) -> None:
        """A sample each second."""
        due_s, last_s = 0.0, 0.0
        while (now_s := self._now_s()) < self._scenario.seconds:
            self._look(now_s, now_s - last_s)
            last_s, due_s = now_s, max(due_s + EVERY_S, now_s)
            await self._clock.sleep(due_s - self._now_s())

    async def feel(self) -> None:
        """How late this process's loop is."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(FEEL_S)
            self._record.lags.append(time.perf_counter() - began - FEEL_S)

    def _look(self, now_s: float, passed_s: float) -> None:
        self._note_presence(now_s)
        draws = tuple(station.site_draw() for station in self._stations)
        offers = self._offers()
        over, fresh = self._over(passed_s), self._fresh(now_s)
        self._record.samples.append(Sample(now_s, self._scenario.building_at(now_s), draws, offers, over, fresh))

    def _offers(self) -> Currents:
        offers = [0.0, 0.0, 0.0]
        for outlet, station in zip(OUTLETS, self._stations, strict=True):
            amps = station.hardware.connectors[1].offer.amps
            if outlet.number == self._scenario.disobeys:
                amps = min(amps, self._told(outlet.number))
            if outlet.number == self._scenario.refuses:
                amps = min(amps, max(station.hardware.connectors[1].draw))
            for line in outlet.lines:
                offers[line] += amps
        return offers[0], offers[1], offers[2]

    def _note_presence(self, now_s: float) -> None:
        for number, station in enumerate(self._stations):
            if not station.online:
                self._here.pop(number, None)
            elif number not in self._here:
                self._here[number] = now_s
                if number == self._scenario.disobeys:
                    self._over_s = 0.0  # it is believed again

    def _over(self, passed_s: float) -> float:
        """A that the disobeying station draws above its limit, while nobody need have found it out."""
        number = self._scenario.disobeys
        if number < 0:
            return 0.0
        over = max(self._stations[number].hardware.connectors[1].draw) - self._told(number)
        if over > CLEARLY_A:
            self._over_s += passed_s
        return max(0.0, over) if self._over_s <= FOUND_S else 0.0

    def _told(self, number: int) -> float:
        """The limit that a station was told, in A per line, whether it obeys or not."""
        hardware = self._stations[number].hardware
        running = hardware.connectors[1].transaction
        return hardware.profiles.limit(1, self._clock.now(), running.started_at if running else None).amps

    def _fresh(self, now_s: float) -> tuple[int, ...]:
        """Stations that hold nothing, for they have just come."""
        return tuple(
            number
            for number, here_s in self._here.items()
            if now_s - here_s < FIRST_CONTACT_S and not len(self._stations[number].hardware.profiles)
        )
