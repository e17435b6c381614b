"""Obedience: whether an EVSE draws no more than it may. "Accepted" is not "obeyed"; its meter tells.

The draw is held against what the EVSE *may* draw, unanswered limits and the time of the car to follow included, so that
no lost answer convicts anybody. A sample describes some moment since the sample before it, or one still earlier by its
timestamp. It is above for certain where it exceeds all that was allowed at any such moment. Where limits change all the
time, that is too mild for one who ignores them; so a second account asks whether any *constant* delay explains the
samples. Time above adds up through changes of the limit, and ends when the EVSE was seen to follow: its draw fell below
a limit. Who was convicted is believed again when its car kept to a limit far below what it drew, for long enough.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from ohmstead.engines.dlm.allowance import Allowance

Verdict = Literal["doubted", "convicted", "believed"]

TOLERANCE = 2.0  # A above the limit that a meter's error and a car's control may explain
PATIENCE = 40.0  # s above for certain before the EVSE counts as not obeying
SUSPICION = 40.0  # s above under every constant delay before it does
SLACK = 8.0  # s by which a sample may be late on its way besides
STALE = 30.0  # s that any sample may be old, whatever its timestamp says
LONGEST = 60.0  # s between samples of which each may describe any moment
OFTEN = 18.0  # s between samples; only of one that reports so often a constant delay is looked for
STEP = 5.0  # s from one delay looked at to the next
CREDIT, CREDIT_BY_DELAY = 30.0, 20.0  # s that one sample counts for at most
CALM = 20.0  # s within the limit that make up for 1 s above
CHARGING = 1.0  # A; who draws less charges nothing, and proves nothing
PROOF = 60.0  # s within a low limit until the first conviction is forgotten; twice as long after each further one
MOST_DOUBLINGS = 4
PROVEN_BY = 30.0  # s that one sample proves at most


@dataclass(slots=True)
class Obedience:
    """One EVSE's record, in A and s. It obeys until it was seen not to, and again once it has proved that it does."""

    obeys: bool = True
    convictions: int = 0
    peak: float = 0.0  # the most it drew above what it might
    proven: float = 0.0
    allowance: Allowance = field(default_factory=Allowance)
    _above: float = 0.0
    _by_delay: dict[float, float] = field(default_factory=dict)
    _doubted: bool = False
    _sampled_at: float | None = None

    @property
    def suspected(self) -> bool:
        """Whether it is above what it may draw and is not found out yet."""
        return self.obeys and self._above > 0

    def observe(self, now: float, draw: float, delay: float = 0.0, tolerance: float = TOLERANCE) -> Verdict | None:
        """A sample of `draw` A on the busiest line that is `delay` s old by its timestamp. `doubted`: it is above for
        the first time and worth being told again; else the verdict that just fell."""
        since = LONGEST if self._sampled_at is None else now - self._sampled_at
        self._sampled_at = now
        if not math.isfinite(draw) or since <= 0:
            return None
        reach = max(STALE, delay + min(since, LONGEST))
        sample = _Sample(now, draw, reach, since, tolerance)
        return self._judge(sample) if self.obeys else self._prove(sample)

    def record(self) -> dict[str, Any]:
        """What must survive a crash, as plain JSON values."""
        return {"obeys": self.obeys, "convictions": self.convictions, "peak": self.peak, "proven": self.proven}

    @classmethod
    def restored(cls, record: dict[str, Any] | None) -> "Obedience":
        """From a record; without one it is believed."""
        return cls(**(record or {}))

    def _judge(self, sample: "_Sample") -> Verdict | None:
        if sample.draw <= self.allowance.least(sample.oldest, sample.now) + sample.tolerance and not self.peak:
            return None  # nearly all are
        certain = sample.draw > self.allowance.most(sample.oldest, sample.now) + sample.tolerance
        if certain:
            self.peak = max(self.peak, sample.draw)
            self._above += min(sample.since, CREDIT)
        elif self._follows(sample):
            self._acquit()
            return None
        else:
            self._above = max(0.0, self._above - sample.since / CALM)
        self._look_for_a_delay(sample)
        if self._above >= PATIENCE or min(self._by_delay.values(), default=0.0) >= SUSPICION:
            return self._convict()
        if not self._above and not any(self._by_delay.values()):
            self._acquit()
        doubted, self._doubted = certain and not self._doubted, self._doubted or certain
        return "doubted" if doubted else None

    def _follows(self, sample: "_Sample") -> bool:
        """It fell far below what it drew above its limit, to something allowed, and still charges."""
        fell = CHARGING < sample.draw <= self.peak - 2 * TOLERANCE
        return fell and sample.draw <= self.allowance.most(sample.oldest, sample.now) + sample.tolerance

    def _look_for_a_delay(self, sample: "_Sample") -> None:
        """Keep, for every delay it might always have, how long it was above."""
        if sample.reach > STALE or sample.since > OFTEN:
            self._by_delay = {}
            return
        known, credit = self._by_delay, min(sample.since, CREDIT_BY_DELAY)
        self._by_delay = {}
        for number in range(int(STALE / STEP) + 1):
            delay, before = number * STEP, known.get(number * STEP, 0.0)
            above = sample.draw > self.allowance.most(sample.now - delay - STEP, sample.now - delay) + sample.tolerance
            if above:
                self.peak = max(self.peak, sample.draw)
            self._by_delay[delay] = before + credit if above else max(0.0, before - sample.since / CALM)

    def _convict(self) -> Verdict:
        self.obeys, self.convictions, self.proven = False, self.convictions + 1, 0.0
        self._above, self._by_delay, self._doubted = 0.0, {}, False
        return "convicted"

    def _acquit(self) -> None:
        self._above, self._by_delay, self._doubted, self.peak = 0.0, {}, False, 0.0

    def _prove(self, sample: "_Sample") -> Verdict | None:
        """Within its limit, near to it, where it would have drawn far more: that is no idle silence."""
        least = self.allowance.least(sample.oldest, sample.now)
        most = self.allowance.most(sample.oldest, sample.now)
        if sample.draw > most + sample.tolerance:
            self.peak, self.proven = max(self.peak, sample.draw), 0.0
        elif max(CHARGING, most - TOLERANCE) < sample.draw <= least + TOLERANCE and most <= self.peak - 2 * TOLERANCE:
            self.proven += min(sample.since, PROVEN_BY)
        if self.proven < PROOF * 2 ** min(self.convictions - 1, MOST_DOUBLINGS):
            return None
        self.obeys, self.proven = True, 0.0
        self._acquit()
        return "believed"


@dataclass(frozen=True, slots=True)
class _Sample:
    """A at a moment; `reach` s back lies what it may describe, `since` s back the sample before it."""

    now: float
    draw: float
    reach: float
    since: float
    tolerance: float

    @property
    def oldest(self) -> float:
        """The earliest moment it may describe."""
        return self.now - self.reach - SLACK
