"""Covered energy: what of a session's is paid for already, in the order in which it flows."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct


class Covered(Struct, frozen=True, gc=False):
    """What flows in [start, end), UTC, is covered, by at most `limit_wh` in all of a cycle, which is named by its begin
    and by whose it is."""

    start: datetime
    end: datetime
    account: int
    cycle: datetime
    limit_wh: int


class Use(Struct, frozen=True, gc=False):
    """So much of what flowed was covered in a cycle."""

    account: int
    cycle: datetime
    energy_wh: int


class Cover:
    """Counts what is covered. `windows` are in order and do not overlap."""

    def __init__(self, windows: Sequence[Covered], used: Iterable[Use] = ()) -> None:
        self._windows = windows
        self._used = {(each.account, each.cycle): each.energy_wh for each in used}

    @property
    def used(self) -> tuple[Use, ...]:
        """By account and cycle, in order."""
        return tuple(Use(*cycle, wh) for cycle, wh in sorted(self._used.items()) if wh)

    def border(self, moment: datetime) -> datetime | None:
        """The first after a moment."""
        borders = (border for each in self._windows for border in (each.start, each.end))
        return next((border for border in borders if border > moment), None)

    def take(self, moment: datetime, wh: int) -> int:
        """What is covered of so many Wh that flow from a moment on, all of them before the next border."""
        window = next((each for each in self._windows if each.start <= moment < each.end), None)
        if window is None:
            return 0
        cycle = window.account, window.cycle
        used = self._used.get(cycle, 0)
        taken = max(0, min(wh, window.limit_wh - used))
        self._used[cycle] = used + taken
        return taken
