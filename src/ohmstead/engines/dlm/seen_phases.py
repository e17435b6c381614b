"""Seen phases: which of its lines an EVSE's car really uses, for circuits whose operator lets that count.

A line that has carried nothing for two minutes, while another carried a charge, is taken to be unused: the car has one
phase, or two. It counts again in the very second in which anything flows there. Until load management has followed
that, others may still hold what was given on; so of all EVSEs that leave a line unused the largest is kept free there.
A charge point that was told to use one phase only, and takes that seriously, needs nothing kept free.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

FLOWS = 0.5  # A; less is nothing
CHARGES = 3.0  # A on some line, for its silence on others to say anything
PATIENCE = 120.0  # s


@dataclass(slots=True)
class SeenPhases:
    """Of one session at an EVSE with so many `lines`."""

    lines: int
    used: tuple[bool, ...] = ()
    """For each of its own lines, whether it counts."""
    _unused_since: list[float | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._unused_since = [None] * self.lines
        self.used = (True,) * self.lines

    def observe(self, now: float, own: Sequence[float]) -> bool:
        """A on its own lines at `now` s; whether what counts has changed."""
        before, charges = self.used, max(own, default=0.0) >= CHARGES
        for line, amps in enumerate(own[: self.lines]):
            if amps >= FLOWS:
                self._unused_since[line] = None
            elif charges and self._unused_since[line] is None:
                self._unused_since[line] = now
        used = tuple(since is None or now - since < PATIENCE for since in self._unused_since)
        self.used = used if any(used) else (True,) * self.lines
        return self.used != before
