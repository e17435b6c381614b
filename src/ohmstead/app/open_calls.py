"""Calls without a token: so many a minute from one address. Whoever guesses keys by them is slow, and costs little."""

import math

from ohmstead.engines.throttle import Throttle
from ohmstead.kit.clock import Clock
from ohmstead.kit.errors import TooManyAttempts


class OpenCalls:
    """Counts them all, whatever became of them."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._throttle = Throttle(clock, most)

    def admit(self, address: str) -> None:
        """Count a call; TooManyAttempts where it is one too many."""
        if wait_s := self._throttle.left_s(address, ""):
            raise TooManyAttempts(headers={"Retry-After": str(math.ceil(wait_s))})
        self._throttle.refused(address, "")
