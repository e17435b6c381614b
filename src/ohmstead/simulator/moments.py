"""Moments as messages of either version carry them."""

from datetime import UTC, datetime


def utc(moment: datetime) -> datetime:
    """A moment as the station understands it: one without a zone is taken for UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def stamp(moment: datetime) -> str:
    """A moment as it goes out: ISO 8601 in UTC, with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
