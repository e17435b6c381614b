"""Energy series: how a session's energy grew over time; the periods and intervals that follow from it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from msgspec import Struct

IDLE_W = 200.0  # average power below which a vehicle only stands there
IDLE_OVER = timedelta(minutes=5)
_HOUR = timedelta(hours=1)


class EnergyInterval(Struct):
    """Wh delivered between two moments, and in periods what the vehicle did meanwhile."""

    start: datetime
    end: datetime
    energy_wh: float
    state: Literal["charging", "idle"] = "charging"


class EnergySeries(Struct):
    """So many Wh since the session's start were delivered by each of the moments; both only rise."""

    moments: list[datetime]
    energies: list[float]

    @classmethod
    def of(cls, points: Iterable[tuple[datetime, float]], most_wh: float) -> "EnergySeries":
        """From readings in order, without those that cannot be: falling ones, and any above the session's energy."""
        series = cls([], [])
        for moment, energy in points:
            if (series.energies[-1] if series.energies else 0.0) <= energy <= most_wh:
                series.moments.append(moment)
                series.energies.append(energy)
        return series

    def at(self, moment: datetime) -> float:
        """The energy at a moment, on the straight line between its neighbours."""
        after = bisect_left(self.moments, moment)
        if after == 0 or after == len(self.moments):
            return self.energies[0 if after == 0 else -1]
        earlier, later = self.moments[after - 1], self.moments[after]
        low, high = self.energies[after - 1], self.energies[after]
        return low + (high - low) * ((moment - earlier) / (later - earlier))

    def periods(self) -> list[EnergyInterval]:
        """Charging and idle. A vehicle is idle once the last 5 minutes' average is below 200 W."""
        found: list[EnergyInterval] = []
        for place in range(1, len(self.moments)):
            start, end = self.moments[place - 1], self.moments[place]
            state = "idle" if self._idle(end) else "charging"
            if not found or found[-1].state != state:
                found.append(EnergyInterval(start, start, 0.0, state))
            found[-1].end = end
            found[-1].energy_wh += self.energies[place] - self.energies[place - 1]
        return found

    def _idle(self, moment: datetime) -> bool:
        """A session younger than the window counts as charging: vehicles take a while to begin."""
        since = moment - IDLE_OVER
        return since >= self.moments[0] and (self.at(moment) - self.at(since)) * (_HOUR / IDLE_OVER) < IDLE_W

    def slices(self, minutes: int) -> list[EnergyInterval]:
        """Cut at the marks of the clock, every `minutes` from the full hour: the first begins with the session, the
        last ends with it."""
        if len(self.moments) < 2:
            return []
        first, last = self.moments[0], self.moments[-1]
        marks = [first, *_marks(first, last, minutes), last]
        pairs = pairwise(marks)
        return [EnergyInterval(start, end, self.at(end) - self.at(start)) for start, end in pairs]


def _marks(start: datetime, end: datetime, minutes: int) -> Iterator[datetime]:
    step = timedelta(minutes=minutes)
    mark = start.replace(minute=start.minute - start.minute % minutes, second=0, microsecond=0) + step
    while mark < end:
        yield mark
        mark += step
