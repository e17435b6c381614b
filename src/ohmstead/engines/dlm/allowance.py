"""Allowance: what one EVSE was allowed to draw lately, moment by moment, and by what is known will be."""

import math
from collections import deque
from collections.abc import Iterable

Step = tuple[float, float]
"""(s, A): from this moment on so much, until the next step."""

REMEMBERED_S = 240.0


class Allowance:
    """Steps in time. What it may draw falls by itself (a car has followed, a lease is over), but rises only by what is
    sent to it; so whoever sends or hears anything says the whole outlook anew."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque()

    def expect(self, outlook: Iterable[Step]) -> None:
        """From the first of these steps on it is allowed so much; what was expected from then on is forgotten."""
        steps = list(outlook)
        while self._steps and self._steps[-1][0] >= steps[0][0]:
            self._steps.pop()
        self._steps.extend(steps)
        while len(self._steps) > 1 and self._steps[1][0] <= steps[0][0] - REMEMBERED_S:
            self._steps.popleft()

    def most(self, start: float, end: float) -> float:
        """The most it was allowed at any moment from `start` to `end`; inf where that is not known."""
        return max(self._during(start, end), default=math.inf)

    def least(self, start: float, end: float) -> float:
        """The least it was allowed at any moment from `start` to `end`; inf where that is not known."""
        known = self._during(start, end)
        return math.inf if not known or math.inf in known else min(known)

    def _during(self, start: float, end: float) -> list[float]:
        """Every value in force; inf for what lies before the first step."""
        found: list[float] = []
        for at, amps in reversed(self._steps):
            if at <= end:
                found.append(amps)
            if at <= start:
                return found
        return [*found, math.inf] if found else []
