"""The clock of a server that runs elsewhere, as its health tells it: for simulated charge points."""

import urllib.request
from datetime import datetime

import msgspec

from ohmstead.kit.clock import Clock, SetClock, SystemClock


class _Clock(msgspec.Struct):
    """What a server tells of a clock that was set."""

    now: datetime
    speed: float


class _Health(msgspec.Struct):
    clock: _Clock | None = None


def followed(api_url: str) -> Clock:
    """The clock of the server whose API is there; blocks. OSError and ValueError where it does not say."""
    with urllib.request.urlopen(f"{api_url.rstrip('/')}/health", timeout=10) as answer:
        clock = msgspec.json.decode(answer.read(), type=_Health).clock
    return SystemClock() if clock is None else SetClock(clock.now, clock.speed)
