"""What Retry-After asks for: a number of seconds, or a moment."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST_S = 86_400.0


def retry_after_s(said: str | None, now: datetime) -> float | None:
    """s from `now`, from 0 to MOST_S; None where it says nothing that can be read."""
    if not said:
        return None
    said = said.strip()
    if said.isascii() and said.isdigit():
        return MOST_S if len(said) > 6 else min(float(said), MOST_S)
    try:
        at = parsedate_to_datetime(said)
        return min(max((at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds(), 0.0), MOST_S)
    except (ValueError, OverflowError):
        return None
