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

from ohmstead.engines.dlm.hours import Hours
from ohmstead.engines.dlm.margin import LEAST, Margin
from ohmstead.engines.dlm.tree import Amps

REMEMBERED = 24  # hours of which the worst counts while the meter is silent
GAPS, LONGEST_GAP = 20, 300.0  # between reports, by which a meter's own period is known; s
SHORTEST_PERIOD = 5.0  # s; one that reports more often may be late as well
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
    """The unmanaged load of one circuit with a meter that reports every `period` s, until its own period is known.

    `reserved` A count for a line whose meter is silent for three periods; None: the worst that is known. A `signed`
    meter reports export below 0, which counts as no load; of any other, a value below 0 is an error and not used.
    `last` is what it was before a restart, A on the root's lines, and `hours` what each line did in the weeks before,
    where that is known."""

    def __init__(
        self,
        period: float = 10.0,
        reserved: float | None = None,
        margin: float | None = None,
        tick: float = 10.0,
        signed: bool = False,
        window: float = 30.0,
        last: Amps | None = None,
        hours: Sequence[Hours] = (),
    ) -> None:
        self.period, self.reserved, self.signed = period, reserved, signed
        # a rise may hide behind a car that follows a new limit until the alignment window has passed
        self._delay, self._reaction = window + tick + LATENCY, REACTION
        self._gaps: deque[float] = deque(maxlen=GAPS)
        self._reported: float | None = None
        known = list(hours) or [Hours(), Hours(), Hours()]
        self._lines = [
            _Line(Margin(0.0, margin, each), amps) for amps, each in zip(last or [None] * 3, known, strict=True)
        ]
        self.followed_within(REACTION)

    @property
    def hours(self) -> list[Hours]:
        """What each of the root's lines did in the weeks before."""
        return [line.margin.hours for line in self._lines]

    def followed_within(self, reaction: float) -> None:
        """The slowest of the EVSEs below needs so many s to follow a limit: a margin has to cover them."""
        self._reaction = max(REACTION, reaction)
        for line in self._lines:
            line.margin.reaction = self.period + self._delay + self._reaction

    def _is_regular(self, now: float) -> None:
        """Its own period, once it is known: the longest of its last gaps but for one in ten."""
        if self._reported is not None and 0 < now - self._reported <= LONGEST_GAP:
            self._gaps.append(now - self._reported)
        self._reported = now
        if len(self._gaps) == GAPS:
            period = max(SHORTEST_PERIOD, sorted(self._gaps)[-1 - GAPS // 10])
            if period != self.period:
                self.period = period
                self.followed_within(self._reaction)

    def report(
        self, now: float, meter: Sequence[float], least: Amps, most: Amps | None = None, silent: Amps = NOTHING
    ) -> None:
        """The meter's A on the root's lines, and the sums of the least and the most the EVSEs below drew. Of one that
        is silent the most is all that it may draw, which is kept free for it: else what it draws would count twice.
        `silent` is that most of the silent ones: a rise may hide behind it for as long as they are."""
        self._is_regular(now)
        for line, total, low, high, hidden in zip(self._lines, meter, least, most or least, silent, strict=True):
            if math.isfinite(total) and (self.signed or total >= 0) and now >= line.seen:
                line.hides(now, hidden, max(0.0, total - low))
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
        self._hiding: tuple[float, float, float] | None = None  # since when, how much, and the most it can come to

    def hides(self, now: float, amps: float, most: float) -> None:
        """Behind what silent EVSEs may draw, as far as the meter lets it."""
        since = now if self._hiding is None else self._hiding[0]
        self._hiding = (since, amps, most) if amps else None

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

    def claim(self, now: float, stale_before: float, reserved: float | None) -> tuple[float, float, bool]:
        """Load, margin and whether they are fresh. Of a meter that has never spoken nothing is known: all is taken."""
        if self.last is not None and self.seen >= stale_before:
            return max(self.last, self._hidden(now)), self.margin.at(now, self.last), True
        if reserved is not None:
            return reserved, 0.0, False
        if self.last is None:
            return math.inf, 0.0, False
        worst = self.margin.hours.worst(now, REMEMBERED) or 0.0
        return max(self.last + max(LEAST, self.margin.at(now, self.last)), worst), 0.0, False

    def _hidden(self, now: float) -> float:
        """What it may have come to unseen since EVSEs fell silent, longer ago than the margin covers: the worst known,
        as far as they can hide it."""
        if self._hiding is None or now - self._hiding[0] <= self.margin.reaction:
            return 0.0
        _, amps, most = self._hiding
        usual, worst = self.margin.hours.usual(now), self.margin.hours.worst(now, REMEMBERED)
        return min(most, (self.last or 0.0) + amps, (usual.most if usual else worst) or 0.0)
