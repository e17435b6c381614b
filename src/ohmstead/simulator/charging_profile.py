"""One charging profile: a limit, what it is for, and the moments at which it speaks (OCPP 1.6, 3.13 and 7.8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Purpose(StrEnum):
    """What a limit is for. Station limits cap the others; those of a transaction overrule the default."""

    STATION = "station"
    DEFAULT = "default"
    TRANSACTION = "transaction"


class Unit(StrEnum):
    AMPERE = "A"
    WATT = "W"


class Kind(StrEnum):
    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"
    DYNAMIC = "Dynamic"
    """Of one limit, which may be changed (OCPP 2.1)."""


class Period(NamedTuple):
    """At most `limit` (A per phase, or W in all) on `phases` phases, from `start_s` s after the schedule's start on."""

    start_s: float
    limit: float
    phases: int = 3


@dataclass(frozen=True)
class Profile:
    """A schedule with its purpose, stack level and validity. `connector` 0 is the whole station, or every connector.

    It is silent once the station has been offline for `offline_s`, and `ends_offline` for good by that (OCPP 2.1)."""

    id: int
    connector: int
    purpose: Purpose
    kind: Kind
    stack_level: int
    unit: Unit
    periods: tuple[Period, ...]
    installed_at: datetime
    start: datetime | None = None
    duration_s: float | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    recurrence_s: float | None = None
    transaction_id: int | str | None = None
    offline_s: float | None = None
    ends_offline: bool = False

    def period(self, at: datetime, anchor: datetime) -> Period | None:
        """The period in force at `at`, None while the profile is silent. Relative schedules start from `anchor`."""
        elapsed = self._elapsed(at, anchor)
        if elapsed is None or not self._valid(at):
            return None
        return next((period for period in reversed(self.periods) if period.start_s <= elapsed), None)

    def boundaries(self, after: datetime, anchor: datetime) -> Iterator[datetime]:
        """The moments later than `after` at which it may change its word: all of them, or those of two recurrences."""
        offsets = [period.start_s for period in self.periods] + ([self.duration_s] if self.duration_s else [])
        moments = [moment for moment in (self.valid_from, self.valid_to) if moment]
        for begin in self._begins(after, anchor):
            moments += [begin, *(begin + timedelta(seconds=offset) for offset in offsets)]
        yield from (moment for moment in moments if moment > after)

    def _valid(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)

    def _elapsed(self, at: datetime, anchor: datetime) -> float | None:
        """Seconds since the schedule's last start, or None before its start and after its duration."""
        elapsed = (at - self._origin(anchor)).total_seconds()
        if elapsed < 0:
            return None
        if self.recurrence_s:
            elapsed %= self.recurrence_s
        return elapsed if self.duration_s is None or elapsed < self.duration_s else None

    def _origin(self, anchor: datetime) -> datetime:
        """A schedule without a start begins with the charging; one for the station, with its installation."""
        if self.kind is not Kind.RELATIVE and self.start:
            return self.start
        return self.installed_at if self.purpose is Purpose.STATION else anchor

    def _begins(self, after: datetime, anchor: datetime) -> list[datetime]:
        origin = self._origin(anchor)
        if not self.recurrence_s:
            return [origin]
        cycle = timedelta(seconds=self.recurrence_s)
        rounds = max(0, (after - origin) // cycle)
        return [origin + rounds * cycle, origin + (rounds + 1) * cycle]
