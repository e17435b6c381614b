"""Drift: how far a station's clock is from ours, learned from what it says is now.

A message may be late, by the line or because it was kept while there was none, but never early: of the last few the one
that seems the least late tells the clock (OCPP has stations set theirs by our answers to boots and heartbeats). What no
clock shows that runs, the first of all days or another that stands for none, tells of no clock at all.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from ohmstead.ocpp.timestamps import utc
from ohmstead.rooms.devices.facts import CLOCK_LIMIT

LOOK_EVERY = timedelta(minutes=1)
TELL_EVERY = timedelta(hours=1)
UNSET = timedelta(days=3650)
"""Further from ours than this a moment is none of a clock: 0001-01-01, 1970 and 2000 are what is written where there is
none. What is told with it counts from its receipt."""
MOST, LEAST = 5, 3  # messages that are looked at, and without which nothing is known


class Drift:
    """Of one connection. `beyond` is the drift (ahead of ours: positive) where it is more than can be let pass."""

    __slots__ = ("_heard", "_look_at", "_tell_at", "_told_beyond", "beyond")

    def __init__(self) -> None:
        self.beyond: timedelta | None = None
        self._heard: tuple[timedelta, ...] = ()
        self._look_at = self._tell_at = datetime.min.replace(tzinfo=UTC)
        self._told_beyond = False

    def watch(self, request: Any, received_at: datetime) -> timedelta | None:
        """See a call; once a minute a message is looked at. The drift, where it is to be told: each hour, and when it
        passes the limit."""
        if received_at < self._look_at or (said := said_now(request)) is None or said is received_at:
            return None  # where the station did not say when, it is the time of receipt
        ahead = utc(said) - received_at
        if abs(ahead) > UNSET:
            return None
        self._look_at = received_at + LOOK_EVERY
        self._heard = (*self._heard[1 - MOST :], ahead)
        if len(self._heard) < LEAST:
            return None
        drift = max(self._heard)
        self.beyond = drift if abs(drift) > CLOCK_LIMIT else None
        if received_at < self._tell_at and self._told_beyond == (self.beyond is not None):
            return None
        self._tell_at, self._told_beyond = received_at + TELL_EVERY, self.beyond is not None
        return drift


def said_now(request: Any) -> datetime | None:
    """What a message says the time is; None of one that says nothing of it, or that it tells of the past."""
    if getattr(request, "offline", None):
        return None
    said = getattr(request, "timestamp", None) or getattr(request, "generated_at", None)
    readings = getattr(request, "meter_value", None)
    return readings[-1].timestamp if said is None and readings else said


def corrected(said: datetime, drift: timedelta, received_at: datetime) -> datetime:
    """When it was by our clock. Only what is told as it happens is corrected: by which clock the past was told, and
    whether that was as wrong then, nobody knows."""
    try:
        meant = said - drift
    except OverflowError:
        return said
    return min(meant, received_at) if abs(meant - received_at) <= CLOCK_LIMIT else said
