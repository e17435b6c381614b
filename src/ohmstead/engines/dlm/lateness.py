"""Lateness: how old a sample is, by the times its station writes on samples. Its clock may be anywhere.

Where the clock is right, the difference is the age. Where it is ahead or far behind, the least difference seen lately
tells the clock, and what a sample is later than that is its age.
"""

from collections import deque

REMEMBERED = 20  # samples
FAR_OFF = 60.0  # s between its clock and ours from which the clock is wrong, rather than every sample so late


class Lateness:
    """The samples of one EVSE."""

    def __init__(self) -> None:
        self._differences: deque[float] = deque(maxlen=REMEMBERED)

    def age(self, now: float, told: float) -> float:
        """s that a sample of the time `told` is old."""
        self._differences.append(now - told)
        least = min(self._differences)
        clock = least if least < 0 or least > FAR_OFF else 0.0
        return now - told - clock
