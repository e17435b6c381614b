"""The rate limit: so many successful calls a minute and a day for each token."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from ohmstead.kit.errors import TooManyAttempts


@dataclass(slots=True)
class _Window:
    """Calls counted since `started` (s)."""

    started: float
    used: int = 0


class RateLimit:
    """Counts per token in fixed windows; the header pair shows the minute's (api-behaviour section 2)."""

    def __init__(self, per_minute: int, per_day: int, clock: Callable[[], float] = time.time) -> None:
        self._limits = ((60.0, per_minute), (86_400.0, per_day))
        self._clock = clock
        self._windows: dict[tuple[int, float], _Window] = {}

    def check(self, token: int) -> None:
        """Raise TooManyAttempts, with its headers, when a window of the token is used up."""
        for span, most in self._limits:
            window = self._window(token, span)
            if window.used >= most:
                ends = window.started + span
                wait, reset = max(1, math.ceil(ends - self._clock())), math.ceil(ends)
                waits = {"Retry-After": str(wait), "X-RateLimit-Reset": str(reset)}
                raise TooManyAttempts(headers=waits)

    def count(self, token: int) -> None:
        """A call succeeded."""
        for span, _ in self._limits:
            self._window(token, span).used += 1

    def headers(self, token: int | None) -> dict[str, str]:
        """The limit and what is left of it; for a caller without a token all of it."""
        span, most = self._limits[0]
        used = self._window(token, span).used if token is not None else 0
        return {"X-RateLimit-Limit": str(most), "X-RateLimit-Remaining": str(max(0, most - used))}

    def _window(self, token: int, span: float) -> _Window:
        now = self._clock()
        window = self._windows.get((token, span))
        if window is None or now >= window.started + span:
            window = self._windows[(token, span)] = _Window(now)
        return window
