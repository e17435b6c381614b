"""The pace of a charge: the power a vehicle takes while it may, learned from what it has taken."""

from dataclasses import dataclass

LONG_S = 300.0
LEAST_W = 1_000.0  # below that it does not charge in earnest


@dataclass(slots=True)
class Pace:
    """Of one charge; `power_w` is None until it charged for five minutes on end."""

    power_w: float | None = None
    _since: tuple[float, float] | None = None

    def look(self, now: float, energy_wh: float, charges: bool) -> None:
        """It has taken so much by `now` (s), and may charge from now on, or may not."""
        if self._since is not None and now - self._since[0] >= LONG_S:
            began, before = self._since
            power = (energy_wh - before) * 3600 / (now - began)
            self.power_w = power if power >= LEAST_W else self.power_w
            self._since = (now, energy_wh)
        if not charges:
            self._since = None
        elif self._since is None:
            self._since = (now, energy_wh)
