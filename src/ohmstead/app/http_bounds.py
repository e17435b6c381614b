"""What a connection to the API's port may take before it is a request: bytes, time, and a place among others."""

from collections import Counter as Counts
from collections.abc import Callable
from typing import Any

import structlog
from msgspec import Struct

log = structlog.get_logger("ohmstead.api")

TOLD_EVERY_S = 60.0
EVICTABLE_AFTER_S = 1.0  # a connection that was just made is about to say something


class Bounds(Struct, frozen=True, kw_only=True):
    """Sizes in bytes, times in s. A head is the request line and the headers.

    `head_s` runs from the connection, or from the first byte of a further request, to the end of the head. A body may
    pause for `body_s`, and comes with `body_bytes_s` on average once that is over. `unread_s` is how long an answer may
    lie unread: the buffers before a slow line are large.
    """

    connections: int = 1000
    request_line: int = 16 << 10
    head: int = 64 << 10
    headers: int = 128
    pipelined: int = 16
    head_s: float = 15.0
    body_s: float = 30.0
    body_bytes_s: int = 500
    idle_s: int = 75  # clients that call every few seconds keep their connection
    unread_s: float = 300.0


class Refusal(Struct, frozen=True):
    """Why a connection is closed before it got an answer of the API. `status` is told; 0: nothing is."""

    reason: str
    status: int


FULL, ROOM = Refusal("too many connections", 503), Refusal("made room for another", 0)
LINE, HEAD = Refusal("request line too long", 414), Refusal("headers too large", 431)
NOT_HTTP, PIPELINE = Refusal("not HTTP", 400), Refusal("too many requests at once", 400)
IDLE, SLOW_HEAD, SLOW_BODY = Refusal("no request", 0), Refusal("headers too slow", 408), Refusal("body too slow", 408)
UNREAD = Refusal("answer not read", 0)

Count = Callable[[str], None]


class Port:
    """What the connections of one port share: the bounds, who may have to make room, and what was refused.

    Refusals are counted each, and logged together once a minute: who floods the port does not flood the log.
    """

    def __init__(self, bounds: Bounds, count: Count = lambda reason: None) -> None:
        self.bounds, self._count = bounds, count
        self.waiting: list[Any] = []  # connections that wait for a request, the one that waits longest last
        self._untold: Counts[str] = Counts()
        self._told_at = -TOLD_EVERY_S

    def refused(self, refusal: Refusal, address: Any, now: float) -> None:
        """A connection was refused, at `now` (s of the loop)."""
        self._count(refusal.reason)
        self._untold[refusal.reason] += 1
        if now - self._told_at >= TOLD_EVERY_S:
            self.tell(address, now)

    def tell(self, address: Any, now: float) -> None:
        """Log what was refused since the last time."""
        if self._untold:
            log.warning("connections refused", **{"last_from": address and address[0], "reasons": dict(self._untold)})
            self._untold.clear()
            self._told_at = now

    def look(self, connections: Any, now: float) -> None:
        """Once a second: close what has overstepped its time, and see who could make room."""
        waiting: list[Any] = []
        for connection in list(connections):
            connection.look(now)
            if connection.waits and now - connection.heard_at > EVICTABLE_AFTER_S:
                waiting.append(connection)
        self.waiting = sorted(waiting, key=lambda one: one.heard_at, reverse=True)
        if now - self._told_at >= TOLD_EVERY_S:
            self.tell(None, now)
