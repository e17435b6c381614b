"""Response: how an EVSE follows its limits, learned from what it draws: how long it takes to come down, and to what.

A draw may be as high as any limit that was in force within the EVSE's reaction time. Where a draw is explained only by
a limit that ended longer ago than was reckoned with, and a later one shows that it came down, the reaction is longer.
A draw that never comes down proves no reaction: that is a matter of obedience. Where a car steadily draws a whole step
more than its limit, the EVSE rounds up to that step. Times are s of one clock, currents A on the busiest line.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

BASE, MOST = 5.0, 120.0  # s a reaction takes: by IEC 61851 at the least, and what is learned at the most
ABOVE = 2.0  # A above a limit that a meter's error, rounding and a car's control may explain
LATE = 3.0  # s a sample may have been on its way
GAP = 30.0  # s after the last sample above a limit by which a draw has come down, however late the next one comes
REMEMBERED = 20  # decreases, of which the slowest counts
STEPS = (1.0, 2.0, 0.5)  # A to which stations round, the likeliest first
NEAR = 0.1  # A by which a draw may miss a step, and must exceed a limit to be above it
SAMPLES, STEADY = 4, 30.0  # samples in a row, over so many s, make a step


@dataclass(slots=True)
class _Fall:
    """A decrease that is being followed: when the limit ended that explains the draw, and when it was last seen."""

    ended: float
    draw: float
    seen: float | None = None


@dataclass(frozen=True, slots=True)
class _Rounded:
    """Samples in a row since then that are the limit rounded up to each of these steps."""

    since: float
    samples: int
    steps: tuple[float, ...]


@dataclass(slots=True)
class Response:
    """What was learned of one EVSE: how long its last decreases took, and the step in A to which it rounds up.

    `base` s is what its reaction is taken to be before anything is learned."""

    base: float = BASE
    times: list[float] = field(default_factory=list)
    step: float | None = None
    _limits: deque[tuple[float, float]] = field(default_factory=deque)
    _draw: float = 0.0
    _fall: _Fall | None = None
    _rounded: _Rounded | None = None

    @property
    def reaction(self) -> float:
        """s until it has followed a lower limit."""
        return max(self.base, min(MOST, max(self.times, default=0.0)))

    def limited(self, now: float, amps: float) -> None:
        """From now on `amps` is the highest limit that may be in force."""
        if self._limits and self._limits[-1][1] == amps:
            return
        self._limits.append((now, amps))
        while len(self._limits) > 1 and self._limits[1][0] < now - MOST:
            self._limits.popleft()
        self._rounded = None
        if self._fall is not None and amps >= self._fall.draw - ABOVE:
            self._fall = None  # raised again before it was seen to come down
        elif self._fall is None and len(self._limits) > 1 and self._draw > amps + ABOVE:
            self._fall = _Fall(now, self._draw)

    def observe(self, now: float, draw: float) -> bool:
        """A sample; True where it taught something new."""
        known = self.reaction, self.step
        self._draw = draw
        if self._limits:
            self._watch(now, draw)
            self._round(now, draw)
        return (self.reaction, self.step) != known

    def forget(self) -> None:
        """Another session, or a line that was away: what was in force before explains nothing. Lessons stay."""
        self._limits.clear()
        self._draw, self._fall, self._rounded = 0.0, None, None

    def record(self) -> dict[str, Any]:
        """What must survive, as plain JSON values."""
        return {"times": self.times, "step": self.step}

    @classmethod
    def restored(cls, record: dict[str, Any] | None) -> "Response":
        """From a record; None: nothing was learned yet."""
        return cls(times=list(record["times"]), step=record["step"]) if record else cls()

    def _watch(self, now: float, draw: float) -> None:
        """Follow a decrease until the draw has come down, as far as the next limit that is still to be followed."""
        fall = self._fall
        if fall is None:
            return
        if draw > max(amps for since, amps in self._limits if since >= fall.ended) + ABOVE:
            fall.seen = now
            self._fall = fall if now - fall.ended <= MOST else None
            return
        self._came_down(now, fall)
        ended = self._explained(draw)
        self._fall = None if ended is None else _Fall(ended, draw, now)

    def _came_down(self, now: float, fall: _Fall) -> None:
        reaction, took = self.reaction, now - fall.ended
        if fall.seen is not None and fall.seen - fall.ended > reaction + LATE:
            took = min(took, fall.seen + GAP - fall.ended)
        elif took >= reaction:
            return  # nobody looked early enough to tell
        self.times = [*self.times, min(MOST, took)][-REMEMBERED:]

    def _explained(self, draw: float) -> float | None:
        """When the last limit ended that allows a draw; None while it is the present one."""
        ended = None
        for since, amps in reversed(self._limits):
            if draw <= amps + ABOVE:
                return ended
            ended = since
        return None

    def _round(self, now: float, draw: float) -> None:
        """Whether the draw is the limit rounded up, sample after sample."""
        since, limit = self._limits[-1]
        if now - since < self.reaction:
            return
        before = self._rounded or _Rounded(now, 0, STEPS)
        fitting = tuple(step for step in before.steps if _is_rounded(draw, limit, step))
        self._rounded = _Rounded(before.since, before.samples + 1, fitting) if fitting else None
        if self._rounded and self._rounded.samples >= SAMPLES and now - self._rounded.since >= STEADY:
            self.step = max(self.step or 0.0, fitting[0])


def _is_rounded(draw: float, limit: float, step: float) -> bool:
    above = -limit % step
    return above > NEAR and draw > limit + NEAR and abs(draw - limit - above) <= NEAR
