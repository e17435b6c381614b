"""Energy series: how a session's energy grew over time, and the intervals that follow from it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct


class EnergyInterval(Struct):
    """Wh delivered between two moments."""

    start: datetime
    end: datetime
    energy_wh: float


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
