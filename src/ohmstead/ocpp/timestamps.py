"""Moments on the wire: what stations write for a date and time, and how we write it."""

from collections.abc import Callable
from datetime import UTC, datetime

When = Callable[[datetime], datetime]
"""Makes of a moment as it was said the one that is meant, in UTC."""
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""Of the calendar."""
SECONDS_BELOW = 100_000_000_000
"""A bare number below this is taken for seconds since 1970, above it for milliseconds."""


def utc(moment: datetime) -> datetime:
    """The same moment in UTC, or the nearest there is: its zone may move an unset clock's moment off the calendar. One
    without a zone is taken to be in UTC."""
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return FIRST if moment.year == FIRST.year else LAST


def guessed(value: object) -> datetime | None:
    """The moment meant by a text or number that is no RFC 3339 date-time; None where none can be made out."""
    try:
        if isinstance(value, str):
            return utc(datetime.fromisoformat(value.strip().upper()))
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value if value < SECONDS_BELOW else value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def sent(moment: datetime) -> datetime:
    """In UTC and whole seconds: some stations cannot read a fraction."""
    return utc(moment).replace(microsecond=0)
