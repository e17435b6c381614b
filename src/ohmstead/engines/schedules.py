"""When something is due: by the calendar of a zone, or at an interval. Only arithmetic: moments in, the next one out,
UTC."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the clocks of a zone show `at` on a day. Of two such moments the first; where they skip it, as long after
    the leap as it would have been after its beginning (RFC 5545, section 3.3.5)."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def months_later(day: date, months: int, on: int) -> date:
    """The day `on` (1 to 31) of the month `months` after that of a day; the last where that month is shorter."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(on, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Monthly:
    """Each month on the day `on` (1 to 31, or the month's last) when the clocks of a zone show `at`."""

    on: int
    at: time
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime:
        """The first moment later than this one."""
        today = moment.astimezone(self.zone).date()
        days = (months_later(today, months, self.on) for months in (-1, 0, 1, 2))
        return _first_after(moment, (moment_of(day, self.at, self.zone) for day in days))


@dataclass(frozen=True, slots=True)
class Daily:
    """Each day when the clocks of a zone show `at`."""

    at: time
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime:
        """The first moment later than this one."""
        today = moment.astimezone(self.zone).date()
        days = (today + timedelta(days=days) for days in (-1, 0, 1, 2))
        return _first_after(moment, (moment_of(day, self.at, self.zone) for day in days))


@dataclass(frozen=True, slots=True)
class Every:
    """At `since`, and each `interval` (> 0) before and after it. What was missed is not made up for."""

    interval: timedelta
    since: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    def after(self, moment: datetime) -> datetime:
        """The first moment later than this one."""
        return self.since + ((moment - self.since) // self.interval + 1) * self.interval


Schedule = Monthly | Daily | Every


def _first_after(moment: datetime, candidates: Iterator[datetime]) -> datetime:
    return next(one for one in candidates if one > moment)
