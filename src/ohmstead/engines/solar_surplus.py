"""Solar surplus: how much a vehicle may draw of what the site feeds into the grid, without going on and off with every
cloud."""

from dataclasses import dataclass

LEAST_A = 6.0


@dataclass(slots=True)
class SolarSwitch:
    """Starts and stops one charge, A a line: it goes on once there was room for the least current for `stable_s`
    without a break, and off once there was not for as long. In between it keeps to what it did. Silence is no sun."""

    from_grid: float
    stable_s: float
    least: float = LEAST_A
    on: bool = False
    _other_since: float | None = None  # since when the surplus has said otherwise than what is done

    def allows(self, now: float, surplus: float | None) -> float:
        """A to draw at most at `now` (s), where the site has so much to spare with this charge left out of account."""
        room = max(0.0, surplus or 0.0) + self.from_grid
        self._turn(now, room >= self.least)
        return max(room, self.least) if self.on else 0.0

    def _turn(self, now: float, enough: bool) -> None:
        if enough == self.on:
            self._other_since = None
        elif self._other_since is None:
            self._other_since = now
        if self._other_since is not None and now - self._other_since >= self.stable_s:
            self.on, self._other_since = enough, None
