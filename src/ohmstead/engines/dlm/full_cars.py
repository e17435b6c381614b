"""Full cars: a car that takes nothing of what it is offered need not be kept its minimum for, while others wait.

Once it has taken nothing for five minutes it is released: what it held may go to others, and no limit is sent for it
while nobody needs that. Since it may want again (a battery that cools down, a cabin to be heated), it is tried again
after a quarter of an hour, then half, then each hour.
"""

import math
from dataclasses import dataclass

TAKES = 1.0  # A; less is nothing
PATIENCE = 300.0  # s it must have taken nothing
TRIED_FOR = 120.0  # s it is offered its minimum again
FIRST_WAIT, LONGEST_WAIT = 900.0, 3600.0  # s until it is tried again: twice as long each time


@dataclass(slots=True)
class FullCar:
    """One session's."""

    released: bool = False
    _idle_since: float | None = None
    _tries: int = 0
    _turn_at: float = math.inf

    def observe(self, now: float, offered: float, draw: float) -> None:
        """At `now` s it draws `draw` A on its busiest line of the `offered` A in force."""
        if draw >= TAKES:
            self.released, self._idle_since, self._tries, self._turn_at = False, None, 0, math.inf
        elif offered >= TAKES and self._idle_since is None:
            self._idle_since = now
            self._turn_at = now + PATIENCE

    def look(self, now: float) -> bool:
        """Whether it is released now."""
        if now >= self._turn_at:
            self.released = not self.released
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0**self._tries)
            self._tries += self.released
            self._turn_at = now + (wait if self.released else TRIED_FOR)
        return self.released
