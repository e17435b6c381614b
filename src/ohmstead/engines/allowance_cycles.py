"""Cycles of allowances: when the energy that is in a plan begins anew. A day is 24 real hours; weeks, months and years
are those of the clock of a zone, from an anchor, in which short months move no border. Moments are UTC."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from ohmstead.engines.schedules import moment_of
from ohmstead.engines.subscription_cycles import Renewal, border, cycle_end

Reset = Literal["after_24_hours", "after_each_week", "after_each_month", "after_each_year"]

_DAY = timedelta(hours=24)
_ABOUT: Mapping[Reset, timedelta] = {
    "after_24_hours": _DAY, "after_each_week": timedelta(days=7), "after_each_month": timedelta(days=30.436875),
    "after_each_year": timedelta(days=365.2425),
}  # fmt: skip


class Cycle(NamedTuple):
    """[start, end)."""

    start: datetime
    end: datetime


def cycles(reset: Reset, anchor: datetime, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Cycle]:
    """Those that [start, end) touches, in order; that of the start is always among them. There are cycles before the
    anchor, too."""
    at = _borders(reset, anchor, zone)
    number = (start - anchor) // _ABOUT[reset]
    while at(number) > start:
        number -= 1
    while at(number + 1) <= start:
        number += 1
    yield Cycle(at(number), at(number + 1))
    while at(number := number + 1) < end:
        yield Cycle(at(number), at(number + 1))


def renewal_cycles(
    known: Sequence[Cycle], anchor: datetime, renewal: Renewal, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[Cycle]:
    """Those of a subscription that [start, end) touches: the known ones, in order, and those that are to follow."""
    yield from (each for each in known if each.end > start and each.start < end)
    begin = known[-1].end
    while begin < end:
        until = cycle_end(anchor, begin, renewal, zone)
        if until > start:
            yield Cycle(begin, until)
        begin = until


def _borders(reset: Reset, anchor: datetime, zone: ZoneInfo) -> Callable[[int], datetime]:
    local = anchor.astimezone(zone)

    def week(number: int) -> datetime:
        if number == 0:
            return anchor
        return moment_of(local.date() + timedelta(days=7 * number), local.time().replace(fold=0), zone)

    match reset:
        case "after_24_hours":
            return lambda number: anchor + number * _DAY
        case "after_each_week":
            return week
        case "after_each_month":
            return lambda number: border(anchor, number, zone)
        case "after_each_year":
            return lambda number: border(anchor, 12 * number, zone)
