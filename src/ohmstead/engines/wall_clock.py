"""Wall clocks: which real moments the clocks of a zone show as certain hours. A doubled hour counts twice, a missing
one not at all."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")
Stretch = tuple[datetime, datetime, T]
"""[start, end) in UTC, and what it carries."""
DAY_MIN = 24 * 60
_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


def minutes(text: str) -> int:
    """`HH:MM` (or longer) as minutes of the day; 24:00 is the end of it."""
    return int(text[:2]) * 60 + int(text[3:5])


def shown(
    zone: ZoneInfo, start: datetime, end: datetime, hours: Callable[[date], Iterable[tuple[int, int, T]]]
) -> list[Stretch[T]]:
    """The parts of [start, end) in which the clocks show the hours of a day, in order: `hours` gives those that begin
    on a date as minutes [from, to) of it, where a `to` above 1440 lies on the next day."""
    found: list[Stretch[T]] = []
    for first, last, offset in _even(zone, start, end):
        begin, until = (moment.replace(tzinfo=None) + offset for moment in (first, last))
        for day in _days(begin.date() - timedelta(days=1), until.date()):
            midnight = datetime.combine(day, time())
            for of, to, what in hours(day):
                left, right = max(begin, midnight + timedelta(minutes=of)), min(until, midnight + timedelta(minutes=to))
                if left < right:
                    found.append(((left - offset).replace(tzinfo=UTC), (right - offset).replace(tzinfo=UTC), what))
    return sorted(found, key=lambda one: one[0])


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _even(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The parts of [start, end), UTC, through which the zone's clocks are ahead of it by the same, and by how much."""
    begin, here = start.astimezone(UTC), start.astimezone(UTC)
    end = end.astimezone(UTC)
    while here < end:
        following = min(here + _HOUR, end)
        if _offset(zone, begin) != _offset(zone, following):
            border = _border(zone, here, following)
            yield begin, border, _offset(zone, begin)
            begin = border
        here = following
    if begin < end:
        yield begin, end, _offset(zone, begin)


def _border(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first whole second at which the offset is another than `before`."""
    known = _offset(zone, before)
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        middle = max(middle, before + _SECOND) if middle <= before else middle
        before, after = (middle, after) if _offset(zone, middle) == known else (before, middle)
    return after.replace(microsecond=0)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
