"""Unmanaged load: what else draws on a circuit, from its meter less what the managed EVSEs drew.

A meter and the stations do not report at the same moment, so within the window in which reports could belong together
a draw is known only between a least and a most. While cars follow new limits, the unmanaged load is taken to be what it
was, as far as the meter lets it: a car that starts is no new load of the building's. A fall is believed only when it
has lasted: a car that stops by itself is seen by the meter before its station says so. A meter that falls silent, or
talks nonsense, is not taken for an empty circuit: the operator's reserve counts, or else the worst of the last 24 h.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ohmstead.engines.dlm.margin import LEAST, Margin
from ohmstead.engines.dlm.tree import Amps

HOUR = 3600.0  # s
REMEMBERED = 24  # hours of maxima
LASTING = 30.0  # s a fall must last to be believed: stations sample every 15 to 30 s
REACTION = 5.0  # s in which a car follows a limit (IEC 61851)
LATENCY = 8.0  # s for a frame and its answer


NOTHING: Amps = (0.0, 0.0, 0.0)


class ManagedDraw:
    """What one EVSE drew lately, in A on the root's lines; `window` s is how far reports may be apart, `reaction` s how
    long its car takes to follow a limit."""

    def __init__(self, window: float = 30.0, reaction: float = REACTION) -> None:
        self.window, self.reaction = window, reaction
        self._samples: deque[tuple[float, Amps, bool]] = deque()  # the last: whether it was measured
        self._raise: tuple[float, Amps] | None = None

    def measured(self, now: float, amps: Sequence[float]) -> None:
        """A meter value of the station. What is no number or below 0 counts as 0."""
        first, second, third = (value if value > 0 else 0.0 for value in amps)
        self._samples.append((now, (first, second, third), True))
        if self._raise is not None and now >= self._raise[0] + self.reaction:
            self._raise = None  # the car has followed by now, and this is how far

    def limited(self, now: float, amps: float) -> None:
        """The station took a limit: from now on it may draw that little, whatever it said before."""
        if self._samples:
            first, second, third = self._samples[-1][1]
            self._samples.append((now, (min(first, amps), min(second, amps), min(third, amps)), False))

    def raised(self, now: float, amps: Amps) -> None:
        """The station took a higher limit: until it says what the car makes of it, it may draw so much on each line."""
        self._raise = (now, amps)

    def most(self, now: float) -> Amps:
        """The most it may have drawn within the window up to now."""
        least = self.least(now)  # drops what is too old
        known = [amps for _, amps, _ in self._samples] if self._samples and least is not NOTHING else [NOTHING]
        if self._raise is not None and now < self._raise[0] + self.window + self.reaction:
            known.append(self._raise[1])
        first, second, third = (max(line) for line in zip(*known, strict=True))
        return first, second, third

    def least(self, now: float) -> Amps:
        """The least it may have drawn within the window up to now; 0 if it has been silent for three windows."""
        start = now - self.window
        while len(self._samples) > 1 and self._samples[1][0] <= start:
            self._samples.popleft()  # the one in force when the window began stays
        if self.is_silent(now):
            return NOTHING
        return _least(amps for _, amps, _ in self._samples)

    def is_silent(self, now: float) -> bool:
        """Whether nothing was told for three windows: what it drew is anybody's guess."""
        return not self._samples or self._samples[-1][0] < now - 3 * self.window

    def least_measured(self, now: float) -> Amps:
        """The least that was measured within the window up to now, whatever limits were taken meanwhile."""
        spoke = self.least(now) is not NOTHING  # drops what is too old
        return _least(amps for _, amps, measured in self._samples if measured) if spoke else NOTHING


def _least(draws: Iterable[Amps]) -> Amps:
    """Line by line; nothing of nothing."""
    known = list(draws) or [NOTHING]
    first, second, third = (min(line) for line in zip(*known, strict=True))
    return first, second, third


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """A per line of the root: the load, the margin on top, and whether the meter itself said so."""

    amps: Amps
    margin: Amps
    fresh: tuple[bool, bool, bool]

    def leaves(self, limit: Amps) -> Amps:
        """What a limit leaves for managed EVSEs."""
        first, second, third = (
            max(0.0, cap - load - margin) for cap, load, margin in zip(limit, self.amps, self.margin, strict=True)
        )
        return first, second, third


class UnmanagedLoad:
    """The unmanaged load of one circuit with a meter that reports every `period` s.

    `reserved` A count for a line whose meter is silent for three periods; None: the worst that is known. A `signed`
    meter reports export below 0, which counts as no load; of any other, a value below 0 is an error and not used.
    `last` is what it was before a restart, A on the root's lines, where that is known."""

    def __init__(
        self,
        period: float = 10.0,
        reserved: float | None = None,
        margin: float | None = None,
        tick: float = 10.0,
        signed: bool = False,
        window: float = 30.0,
        last: Amps | None = None,
    ) -> None:
        self.period, self.reserved, self.signed = period, reserved, signed
        # a rise may hide behind a car that follows a new limit until the alignment window has passed
        self._delay = period + window + tick + LATENCY
        self._lines = [_Line(Margin(self._delay + REACTION, margin), amps) for amps in last or (None, None, None)]

    def followed_within(self, reaction: float) -> None:
        """The slowest of the EVSEs below needs so many s to follow a limit: a margin has to cover them."""
        for line in self._lines:
            line.margin.reaction = self._delay + max(REACTION, reaction)

    def report(self, now: float, meter: Sequence[float], least: Amps, most: Amps | None = None) -> None:
        """The meter's A on the root's lines, and the sums of the least and the most the EVSEs below drew. Of one that
        is silent the most is all that it may draw, which is kept free for it: else what it draws would count twice."""
        for line, total, low, high in zip(self._lines, meter, least, most or least, strict=True):
            if math.isfinite(total) and (self.signed or total >= 0) and now >= line.seen:
                line.report(now, line.between(max(0.0, total - high), max(0.0, total - low)))

    def at(self, now: float) -> Unmanaged:
        """The unmanaged load to reckon with now."""
        claims = [line.claim(now, now - 3 * self.period, self.reserved) for line in self._lines]
        (a, margin_a, fresh_a), (b, margin_b, fresh_b), (c, margin_c, fresh_c) = claims
        return Unmanaged((a, b, c), (margin_a, margin_b, margin_c), (fresh_a, fresh_b, fresh_c))


class _Line:
    """One line of the circuit: its last known unmanaged load, its maximum per hour, its margin."""

    def __init__(self, margin: Margin, last: float | None) -> None:
        self.margin = margin
        self.last = last
        self.seen = -math.inf
        self._recent: deque[tuple[float, float]] = deque()
        self._maxima: deque[tuple[int, float]] = deque()

    def between(self, low: float, high: float) -> float:
        """What it was, as far as it can still be that; of a load not known yet the worst."""
        return high if self.last is None else min(max(self.last, low), high)

    def report(self, now: float, amps: float) -> None:
        self._recent.append((now, amps))
        while self._recent[0][0] < now - LASTING:
            self._recent.popleft()
        amps = max(known for _, known in self._recent)
        self.last, self.seen = amps, now
        self.margin.observe(now, amps)
        hour = int(now // HOUR)
        if self._maxima and self._maxima[-1][0] == hour:
            amps = max(amps, self._maxima.pop()[1])
        self._maxima.append((hour, amps))
        while self._maxima[0][0] < hour - REMEMBERED:
            self._maxima.popleft()

    def claim(self, now: float, stale_before: float, reserved: float | None) -> tuple[float, float, bool]:
        """Load, margin and whether they are fresh. Of a meter that has never spoken nothing is known: all is taken."""
        if self.last is not None and self.seen >= stale_before:
            return self.last, self.margin.amps, True
        if reserved is not None:
            return reserved, 0.0, False
        if self.last is None:
            return math.inf, 0.0, False
        oldest = int(now // HOUR) - REMEMBERED
        known = [amps for hour, amps in self._maxima if hour >= oldest]
        return max(self.last + max(LEAST, self.margin.amps), *known, 0.0), 0.0, False
