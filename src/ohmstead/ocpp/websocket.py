"""A `websockets` connection as the connection actor wants it."""

import socket
from collections.abc import Callable
from typing import Any

from websockets import ConnectionClosed, State
from websockets.asyncio.server import ServerConnection
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import Event

from ohmstead.ocpp.admission import Admitted
from ohmstead.ocpp.line import SocketClosed
from ohmstead.ocpp.versions import Version

KEEPALIVE_INTERVAL_S = 30
KEEPALIVE_PROBES = 4


class StationSocket(ServerConnection):
    """A server connection that remembers who was admitted on it and what is spoken, None without agreement.

    Implements `line.Socket`: frames are handed over as they come off the wire, without the queue, the task switches
    and the context managers of `recv` and `send`, which cost as much as all that we do with a message.
    """

    admitted: Admitted
    version: Version | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._take: Callable[[bytes], None] = self._keep
        self._early: list[bytes] = []
        self._parts: list[bytes] = []

    @property
    def remote_ip(self) -> str:
        return self.remote_address[0] if self.remote_address else ""

    async def listen(self, take: Callable[[bytes], None]) -> str:
        """Those first that came before anybody listened."""
        self._take = take
        for frame in self._early:
            take(frame)
        self._early.clear()
        self.go_on()
        await self.wait_closed()
        return str(self.close_exc)

    def hold(self) -> None:
        self.transport.pause_reading()

    def go_on(self) -> None:
        if self.state is State.OPEN:
            self.transport.resume_reading()

    async def send(self, frame: bytes) -> None:
        """As a text frame."""
        if self.paused or self.state is not State.OPEN:
            await self._send_slowly(frame)
            return
        self.protocol.send_text(frame)
        self.send_data()

    async def _send_slowly(self, frame: bytes) -> None:
        try:
            await super().send(frame, text=True)
        except ConnectionClosed as closed:
            raise SocketClosed(str(closed)) from closed

    def process_event(self, event: Event) -> None:
        """Frames of data are ours, binary ones taken for text; what else comes is the library's."""
        if not isinstance(event, Frame) or event.opcode not in DATA_OPCODES:
            super().process_event(event)
            return
        if event.fin and not self._parts:
            self._take(bytes(event.data))
            return
        self._parts.append(bytes(event.data))
        if event.fin:
            whole = b"".join(self._parts)
            self._parts.clear()
            self._take(whole)

    def _keep(self, frame: bytes) -> None:
        """Nobody listens yet: this frame is kept, and the next is not read."""
        self._early.append(frame)
        self.hold()


def keep_alive(connection: ServerConnection, idle_s: int) -> None:
    """Let the kernel probe a peer that is silent for `idle_s` s: it finds dead lines below the WebSocket pings."""
    line = connection.transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in {
        "TCP_KEEPIDLE": idle_s,
        "TCP_KEEPINTVL": KEEPALIVE_INTERVAL_S,
        "TCP_KEEPCNT": KEEPALIVE_PROBES,
    }.items():
        if hasattr(socket, name):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
