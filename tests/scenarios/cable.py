"""A cable under watch: what flows through a circuit, and whenever that is more than it may."""

from ohmstead.kit.clock import SystemClock
from tests.scenarios.places import Place


class Cable:
    """Watches what the cars draw; `excused` while the promise makes an exception."""

    def __init__(self, limit: float, *places: Place) -> None:
        self.limit, self.places, self.excused = limit, places, False
        self.looks, self.worst = 0, 0.0
        self.violations: list[float] = []

    async def watch(self, clock: SystemClock) -> None:
        while True:
            self.looks += 1
            drawn = sum(one.station.draw(1)[0] for one in self.places)
            self.worst = max(self.worst, drawn)
            if drawn > self.limit + 0.05 and not self.excused:
                self.violations.append(drawn)
            await clock.sleep(0.1)
