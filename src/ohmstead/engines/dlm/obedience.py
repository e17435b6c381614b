"""Obedience: whether an EVSE keeps the limit it accepted. "Accepted" is not "obeyed"; its meter tells."""

from dataclasses import dataclass

TOLERANCE = 2.0  # A above the limit that a meter's error and a car's control may explain
PATIENCE = 45.0  # s above it before the EVSE counts as not obeying; cars follow within 5 s, meters report every 15 s


@dataclass(slots=True)
class Obedience:
    """One EVSE's record. It obeys until it was seen not to; `forgive` gives it another chance."""

    obeys: bool = True
    _above_since: float | None = None
    _limit: float | None = None

    def observe(self, now: float, limit: float | None, draw: float) -> bool:
        """A sample of `draw` A on the busiest line under a confirmed `limit` A; True where the verdict just fell."""
        if limit is None or not self.obeys:
            return False
        if limit != self._limit or draw <= limit + TOLERANCE:
            self._limit, self._above_since = limit, None
            return False
        if self._above_since is None:
            self._above_since = now
        self.obeys = now - self._above_since < PATIENCE
        return not self.obeys

    def forgive(self) -> None:
        """It rebooted or was replaced: believe it again."""
        self.obeys, self._above_since, self._limit = True, None, None
