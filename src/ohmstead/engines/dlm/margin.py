"""Margin: the current kept free because unmanaged load can rise before load management has reacted.

The operator may pin it. Otherwise it is learned: what the load did at this hour of the week in the weeks before, how
far it rose and how high it went; a load that is as high as it ever goes needs no more room. Until two weeks are known
it is the rise that 99.9 % of observations stay below, and until a day was seen a cautious default. Rises are counted in
steps of half an ampere; old ones fade.
"""

import math
from collections import deque

from ohmstead.engines.dlm.hours import Hours

STEP = 0.5  # A
DEFAULT = 15.0  # A; with steps of 12 A in the unmanaged load this was enough, 6 A was not
LEAST = 2.0  # A; a quiet day proves little
ABOVE = 1.0  # A above the highest load of this hour in weeks
ENOUGH = 1000  # observations
A_DAY = 86_400.0  # s
FADE = 50_000  # observations, after which all count half


class Margin:
    """The margin in A for one line, from the rises seen within `reaction` s (meter period, tick, latency, car)."""

    def __init__(self, reaction: float, pinned: float | None = None, hours: Hours | None = None) -> None:
        self.reaction, self.pinned, self.hours = reaction, pinned, hours or Hours()
        self._recent: deque[tuple[float, float]] = deque()
        self._counts: dict[int, float] = {}
        self._seen = 0.0
        self._first = math.inf
        self._last = -math.inf

    def observe(self, now: float, amps: float) -> None:
        """The unmanaged load at this moment (s, A)."""
        while self._recent and self._recent[0][0] < now - self.reaction:
            self._recent.popleft()
        rise = max(0.0, amps - min((before for _, before in self._recent), default=amps))
        self.hours.observe(now, amps, rise)
        if self._recent:
            self._count(rise)
        self._recent.append((now, amps))
        self._first, self._last = min(self._first, now), now

    def at(self, now: float, load: float) -> float:
        """The margin in A above a load of so many A at this moment."""
        if self.pinned is not None:
            return self.pinned
        usual = self.hours.usual(now)
        if usual is not None:
            return max(ABOVE, min(usual.rise, usual.most - load + ABOVE))
        if self._seen < ENOUGH or self._last - self._first < A_DAY:
            return DEFAULT
        return max(LEAST, self._quantile(0.999))

    def _count(self, rise: float) -> None:
        step = math.ceil(rise / STEP)
        self._counts[step] = self._counts.get(step, 0.0) + 1
        self._seen += 1
        if self._seen > FADE:
            self._counts = {step: count / 2 for step, count in self._counts.items()}
            self._seen /= 2

    def _quantile(self, share: float) -> float:
        below = 0.0
        for step in sorted(self._counts):
            below += self._counts[step]
            if below >= share * self._seen:
                return step * STEP
        return max(self._counts) * STEP
