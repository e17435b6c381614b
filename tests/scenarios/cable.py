"""A cable under watch: what flows through a circuit, and the most that ever did."""

from ohmstead.kit.clock import SystemClock
from tests.scenarios.places import Place


class Cable:
    """Watches what flows through a circuit."""

    def __init__(self, limit: float, *places: Place) -> None:
        self.limit, self.places = limit, places
        self.looks, self.worst = 0, 0.0

    async def watch(self, clock: SystemClock) -> None:
        while True:
            self.looks += 1
            self.worst = max(self.worst, sum(one.station.draw(1)[0] for one in self.places))
            await clock.sleep(0.1)
