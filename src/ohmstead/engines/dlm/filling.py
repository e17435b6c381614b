"""Filling: one water level rises for everybody; a share stops at its maximum or when a conductor it crosses is full.

At level t a share stands at weight * t, but not below its minimum nor above its maximum. The level only matters where
something changes: a share leaves its minimum, reaches its maximum, or a conductor fills. Between such events every
conductor loses room at a constant rate, so the next one to fill is known; a heap holds these forecasts, which are
checked when they fall due and put back if the rate has dropped meanwhile.
"""

import heapq
import math
from dataclasses import dataclass
from typing import Any

START, STOP = 1, 0  # at the same level who reaches the maximum stops before others start


@dataclass(slots=True)
class Share:
    """One demand on its way up: the conductors it crosses, its bounds in A, its weight (> 0) and what it has got."""

    demand: Any
    crossings: tuple[int, ...]
    low: float
    high: float
    weight: float
    amps: float = 0.0
    stopped_by: int | None = None
    grows: bool = False


def fill(shares: list[Share], room: list[float]) -> None:
    """Raise `amps` of shares that stand at their minimum; `room` (A per conductor, minima taken off) shrinks by it."""
    water = _Water(room)
    turns = []
    for index, share in enumerate(shares):
        start, stop = share.low / share.weight, share.high / share.weight
        if stop > start:
            turns.append((start, START, index))
            turns.append((stop, STOP, index))
    turns.sort()
    for level, turn, index in turns:
        water.rise(level)
        if turn == START:
            water.start(shares[index], level)
        elif shares[index].grows:
            water.stop(shares[index], level, shares[index].high)


class _Water:
    """The conductors while the level rises: their room at the level they were last settled, and its rate of loss."""

    def __init__(self, room: list[float]) -> None:
        self.room = room
        self.settled = [0.0] * len(room)
        self.rate = [0.0] * len(room)
        self.growing: list[dict[int, Share]] = [{} for _ in room]
        self.full = [False] * len(room)
        self.forecasts: list[tuple[float, int]] = []
        self.faster: set[int] = set()  # conductors whose forecast is too late since a share started
        self.level = 0.0

    def start(self, share: Share, level: float) -> None:
        for number in share.crossings:
            if self.full[number]:
                share.stopped_by = number
                return
        share.grows = True
        self.faster.update(share.crossings)
        for number in share.crossings:
            self._settle(number, level)
            self.rate[number] += share.weight
            self.growing[number][id(share)] = share

    def stop(self, share: Share, level: float, amps: float) -> None:
        share.amps, share.grows = amps, False
        for number in share.crossings:
            self._settle(number, level)
            growing = self.growing[number]
            del growing[id(share)]
            self.rate[number] = self.rate[number] - share.weight if growing else 0.0

    def rise(self, level: float) -> None:
        """Let every conductor fill that does so below `level`."""
        if level <= self.level:
            return
        for number in self.faster:
            self._forecast(number)
        self.faster.clear()
        while self.forecasts and self.forecasts[0][0] < level:
            due, number = heapq.heappop(self.forecasts)
            if self._forecast(number, later_than=due):
                self._is_full(number, due)
        self.level = level

    def _is_full(self, number: int, level: float) -> None:
        self.full[number] = True
        for share in list(self.growing[number].values()):
            share.stopped_by = number
            self.stop(share, level, min(share.high, max(share.low, share.weight * level)))

    def _forecast(self, number: int, later_than: float = -math.inf) -> bool:
        """Forecast the level at which the conductor fills; True if that is `later_than`, so it is full."""
        if not self.growing[number]:
            return False
        level = self.settled[number] + self.room[number] / self.rate[number]
        if level <= later_than:
            return True
        heapq.heappush(self.forecasts, (level, number))
        return False

    def _settle(self, number: int, level: float) -> None:
        self.room[number] -= self.rate[number] * (level - self.settled[number])
        self.settled[number] = level
