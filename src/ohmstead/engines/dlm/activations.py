"""Activations: what requests for flexibility ask of an asset at a moment, and the power that leaves it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor

SHORTEST_S = 10.0  # what is left of an energy is spread over no less: a look of load management
TINY = 1e-6
STEPS = 20  # of the mean power of an energy: what is left moves by whole ones, so that limits are not sent all the time


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until before `end` at most `max_power` W, or at most `energy` Wh in all: exactly one of the two."""

    start: datetime
    end: datetime
    energy: int | None = None
    max_power: int | None = None

    def watts(self, now: datetime, used_wh: float) -> float:
        """The power that is left at a moment within it, once `used_wh` flowed since its start: what is left of the
        energy, evenly over the time that is left, by steps of a twentieth of the mean."""
        if self.max_power is not None:
            return self.max_power
        left_s = max((self.end - now).total_seconds(), SHORTEST_S)
        left, step = max(0.0, (self.energy or 0) - used_wh) * 3600 / left_s, self._mean / STEPS
        return floor(left / step + TINY) * step if step else 0.0

    @property
    def _mean(self) -> float:
        return (self.energy or 0) * 3600 / (self.end - self.start).total_seconds()


def holding(requests: Iterable[Sequence[Period]], now: datetime) -> Period | None:
    """The period that holds at a moment: that of the latest request that has one. `requests` are given oldest first;
    the periods of one do not overlap."""
    found: Period | None = None
    for periods in requests:
        found = next((one for one in periods if one.start <= now < one.end), found)
    return found
