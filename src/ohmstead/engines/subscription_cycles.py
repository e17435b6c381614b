"""Cycles of subscriptions: where one that renews monthly or annually has its borders, on the clock of a zone.

All borders fall on the anchor's day and hour. In months that are shorter it is their last day, which moves no other
border. Moments are UTC.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from ohmstead.engines.schedules import moment_of, months_later

Renewal = Literal["monthly", "annually"]

MONTHS: Mapping[Renewal, int] = {"monthly": 1, "annually": 12}


def border(anchor: datetime, months: int, zone: ZoneInfo) -> datetime:
    """So many months (from 0) after an anchor; of a doubled hour the first, after the leap in one that is left out."""
    if months == 0:
        return anchor
    local = anchor.astimezone(zone)
    return moment_of(months_later(local.date(), months, local.day), local.time().replace(fold=0), zone)


def cycle_end(anchor: datetime, begin: datetime, renewal: Renewal, zone: ZoneInfo) -> datetime:
    """The end of the cycle that begins at a border, or before the anchor: such a one lasts until it. The cycles before
    may have been of the other kind."""
    if begin < anchor:
        return anchor
    return border(anchor, _months(anchor, begin, zone) + MONTHS[renewal], zone)


def _months(anchor: datetime, begin: datetime, zone: ZoneInfo) -> int:
    """After how many months this border is, or the last one before a moment that is none."""
    first, last = anchor.astimezone(zone), begin.astimezone(zone)
    about = (last.year - first.year) * 12 + last.month - first.month
    return max(n for n in range(max(0, about - 1), about + 2) if n == 0 or border(anchor, n, zone) <= begin)
