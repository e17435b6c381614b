"""A `websockets` connection as the connection actor wants it."""

import socket

from websockets import ConnectionClosed
from websockets.asyncio.server import ServerConnection

from ohmstead.ocpp.admission import Admitted
from ohmstead.ocpp.line import SocketClosed
from ohmstead.ocpp.versions import Version

KEEPALIVE_INTERVAL_S = 30
KEEPALIVE_PROBES = 4


class StationSocket(ServerConnection):
    """A server connection that remembers who was admitted on it and what is spoken, None without agreement."""

    admitted: Admitted
    version: Version | None = None

    @property
    def remote_ip(self) -> str:
        return self.remote_address[0] if self.remote_address else ""


class WebSocket:
    """Sends and receives UTF-8 bytes as text frames; a binary frame is taken for text too."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    async def send(self, frame: bytes) -> None:
        try:
            await self._connection.send(frame, text=True)
        except ConnectionClosed as closed:
            raise SocketClosed(str(closed)) from closed

    async def recv(self) -> bytes:
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as closed:
            raise SocketClosed(str(closed)) from closed

    async def close(self, code: int, reason: str) -> None:
        await self._connection.close(code, reason)


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
