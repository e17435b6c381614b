"""Words of charging profiles that all versions write alike, and how exact their limits are."""

from math import floor
from typing import Literal

KIND: dict[str, Literal["Absolute", "Recurring", "Relative"]] = {
    "absolute": "Absolute",
    "recurring": "Recurring",
    "relative": "Relative",
}
RECURRENCY: dict[str, Literal["Daily", "Weekly"]] = {"daily": "Daily", "weekly": "Weekly"}


def tenths(limit: float) -> float:
    """Limits have one decimal; the rest is cut off, for a limit must not grow."""
    return floor(round(limit * 10, 6)) / 10
