"""Usage: what a car really takes of what it is offered, so that the rest can go to others.

A car that has drawn clearly less than its offer for a minute gets a cap just above its draw; when it comes near the cap
again, the cap gives way step by step. The cap is a demand's maximum: the lower limit goes to the station first, and
what the station has accepted is then given to others.
"""

import math
from dataclasses import dataclass

UNUSED = 2.0  # A below the offer that count as not used
PATIENCE = 60.0  # s the car must leave it unused
SETTLING = 45.0  # s after a change of the offer in which a car may still be following it
HEADROOM = 2.0  # A a cap is above the draw, rounded up
NEAR = 2.5  # A below the cap from which a car may want more
PROBE = 4.0  # A a cap gives way at once
RISE = 0.5  # A a draw must have grown to count as wanting more, or a cap would probe the draw it was set for


@dataclass(slots=True)
class Usage:
    """One session's cap: A per line, None as long as the car takes what it is offered. `least` A is never undercut."""

    rating: float
    least: float = 6.0
    cap: float | None = None
    _offered: float = 0.0
    _changed_at: float = -math.inf
    _unused_since: float | None = None
    _draw_at_cap: float = 0.0

    def observe(self, now: float, offered: float, draw: float) -> float | None:
        """The cap after a sample: at `now` s the car draws `draw` A on its busiest line of the `offered` A in force.

        A sample that is no number is passed over."""
        if not math.isfinite(draw) or not math.isfinite(offered):
            return self.cap
        if offered != self._offered:
            self._offered, self._changed_at = offered, now
        self._watch(now, draw)
        if self.cap is not None and draw > self.cap - NEAR and draw >= self._draw_at_cap + RISE:
            self._give_way(draw)
        elif self._wasted(now):
            self._set(draw)
        return self.cap

    def _watch(self, now: float, draw: float) -> None:
        if draw >= self._offered - UNUSED:
            self._unused_since = None
        elif self._unused_since is None:
            self._unused_since = now

    def _wasted(self, now: float) -> bool:
        patient = self._unused_since is not None and now - self._unused_since >= PATIENCE
        return patient and now - self._changed_at >= SETTLING

    def _set(self, draw: float) -> None:
        cap = max(self.least, math.ceil(max(0.0, draw)) + HEADROOM)
        if cap < (self.rating if self.cap is None else self.cap):
            self.cap, self._draw_at_cap = cap, draw

    def _give_way(self, draw: float) -> None:
        raised = (self.cap or 0.0) + PROBE
        self.cap, self._draw_at_cap = (raised if raised < self.rating else None), draw
