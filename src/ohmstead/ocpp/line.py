"""The line to one charge point: frames go out through it, and everything on it is told to the communication log."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol

import structlog

from ohmstead.ocpp import wire
from ohmstead.ocpp.wire import Dialect, Frame

OnFrame = Callable[[datetime, Literal["in", "out"], bytes, str | None, str | None, float | None, tuple[str, ...]], None]
"""The communication log: moment, direction, frame, action, message id, seconds since the frame it answers, deviations.
"""


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
        self._socket = socket
        self._on_frame = on_frame

    async def send(self, frame: Frame, at: datetime, action: str | None = None, latency_s: float | None = None) -> None:
        """Raises `SocketClosed`."""
        raw = wire.encode(frame)
        await self._socket.send(raw)
        self._tell(at, "out", raw, action, frame.id, latency_s, ())

    async def reply(
        self, frame: Frame, at: datetime, action: str | None = None, latency_s: float | None = None
    ) -> None:
        """Send an answer; where the station is gone by now, it will ask again."""
        try:
            await self.send(frame, at, action, latency_s)
        except SocketClosed:
            self.log.info("answer undelivered", action=action, message_id=frame.id)

    def received(
        self,
        at: datetime,
        raw: bytes,
        message_id: str,
        action: str | None = None,
        latency_s: float | None = None,
        deviations: tuple[str, ...] = (),
    ) -> None:
        """Tell the communication log of a frame that came in, now that it is known what it is."""
        self._tell(at, "in", raw, action, message_id, latency_s, deviations)

    def _tell(
        self,
        at: datetime,
        direction: Literal["in", "out"],
        raw: bytes,
        action: str | None,
        message_id: str,
        latency_s: float | None,
        deviations: tuple[str, ...],
    ) -> None:
        try:
            self._on_frame(at, direction, raw, action, message_id, latency_s, deviations)
        except Exception:
            self.log.exception("communication log failed")
