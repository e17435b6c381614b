"""The line to one charge point: frames go out through it, and everything on it is told to the communication log."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal, Protocol

import structlog
from msgspec import Struct

from ohmstead.ocpp import wire
from ohmstead.ocpp.wire import Dialect, Frame


class OnFrame(Protocol):
    """The communication log. `latency_s` is since the frame that this one answers; with our answer to a call comes what
    was returned when the log was told of the `call`."""

    def __call__(
        self,
        charge_point_id: int,
        at: datetime,
        direction: Literal["in", "out"],
        raw: bytes,
        action: str | None,
        message_id: str | None,
        latency_s: float | None,
        deviations: tuple[str, ...],
        call: Any = None,
        /,
    ) -> Any: ...


class Asked(Struct, frozen=True, gc=False):
    """What is answered: the action, when its frame came in (None where nobody called), what the log said to it,
    and what is odd about it as was found since."""

    action: str | None = None
    at: datetime | None = None
    logged: Any = None
    odd: tuple[str, ...] = ()


class SocketClosed(Exception):
    """The other side is gone."""


class Socket(Protocol):
    """What is needed of a WebSocket; a frame is UTF-8 text."""

    async def listen(self, take: Callable[[bytes], None]) -> str:
        """Hand over every frame as it comes; returns when the socket is closed, and says why."""
        ...

    def hold(self) -> None:
        """Read no further."""
        ...

    def go_on(self) -> None:
        """Read again."""
        ...

    def write(self, frame: bytes) -> bool:
        """Send at once; False where the other side is too slow for that, or gone: then `send` is needed."""
        ...

    async def send(self, frame: bytes) -> None:
        """Raises `SocketClosed`."""
        ...

    async def close(self, code: int, reason: str) -> None: ...

    def ping_every(self, interval_s: float | None) -> None:
        """Send a ping that often from now on; 0: none, None: as is usual here."""
        ...


class Line:
    """A socket, the dialect spoken on it, and who listens in."""

    def __init__(self, charge_point_id: int, socket: Socket, dialect: Dialect, on_frame: OnFrame) -> None:
        self.dialect = dialect
        self.log = structlog.get_logger().bind(charge_point_id=charge_point_id)
        self.hold, self.go_on = socket.hold, socket.go_on
        self._charge_point_id = charge_point_id
        self._socket = socket
        self._on_frame = on_frame

    async def send(self, frame: Frame, at: datetime, action: str | None = None, latency_s: float | None = None) -> None:
        """Raises `SocketClosed`."""
        raw = wire.encode(frame)
        if not self._socket.write(raw):
            await self._socket.send(raw)
        self._tell(at, "out", raw, action, frame.id, latency_s, ())

    def reply(self, frame: Frame, at: datetime, asked: Asked) -> Awaitable[None] | None:
        """Send an answer; where there is something returned, it has to be waited for."""
        raw = wire.encode(frame)
        if not self._socket.write(raw):
            return self._reply_slowly(raw, frame.id, at, asked)
        self._answered(raw, frame.id, at, asked)
        return None

    async def _reply_slowly(self, raw: bytes, message_id: str, at: datetime, asked: Asked) -> None:
        """Where the station is gone by now, it will ask again."""
        try:
            await self._socket.send(raw)
        except SocketClosed:
            self.log.info("answer undelivered", action=asked.action, message_id=message_id)
        else:
            self._answered(raw, message_id, at, asked)

    def _answered(self, raw: bytes, message_id: str, at: datetime, asked: Asked) -> None:
        latency_s = None if asked.at is None else (at - asked.at).total_seconds()
        self._tell(at, "out", raw, asked.action, message_id, latency_s, asked.odd, asked.logged)

    def received(
        self,
        at: datetime,
        raw: bytes,
        message_id: str,
        action: str | None = None,
        latency_s: float | None = None,
        deviations: tuple[str, ...] = (),
    ) -> Any:
        """Tell the communication log of a frame that came in, now that it is known what it is; what it says to that."""
        return self._tell(at, "in", raw, action, message_id, latency_s, deviations)

    def _tell(self, at: datetime, direction: Literal["in", "out"], raw: bytes, *known: Any) -> Any:
        try:
            return self._on_frame(self._charge_point_id, at, direction, raw, *known)
        except Exception:
            self.log.exception("communication log failed")
