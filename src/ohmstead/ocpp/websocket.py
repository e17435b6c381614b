"""A `websockets` connection as the connection actor wants it."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from websockets import ConnectionClosed, State
from websockets.asyncio.server import ServerConnection

from ohmstead.ocpp.connection_identity import Admitted
from ohmstead.ocpp.handshake import unreadable
from ohmstead.ocpp.line import SocketClosed
from ohmstead.ocpp.versions import Version

KEEPALIVE_INTERVAL_S = 30
KEEPALIVE_PROBES = 4


OnNoRequest = Callable[["StationSocket", str], None]
"""Told that what came on a socket is no request, and why."""


class StationSocket(ServerConnection):
    """A server connection that remembers who was admitted on it and what is spoken, None without agreement.

    Implements `line.Socket` with what the library documents of frames; see `plain_frames` for the faster way.
    """

    admitted: Admitted
    version: Version | None = None
    identity = ""  # in the path of the handshake, as it is claimed
    refused = False  # by us; what the library refuses it does by itself
    completed = False  # the handshake lacked its Connection header

    def __init__(self, *arguments: Any, on_no_request: OnNoRequest = lambda socket, why: None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._on_no_request = on_no_request
        self._held: asyncio.Event | None = None  # until it is set, nothing more is read
        self._slow = False  # the other side does not read
        self._usual_ping_s = self.ping_interval

    @property
    def remote_ip(self) -> str:
        return self.remote_address[0] if self.remote_address else ""

    async def listen(self, take: Callable[[bytes], None]) -> str:
        self._forget_the_handshake()
        with suppress(ConnectionClosed):
            while True:
                take(await self.recv(decode=False))
                if self._held:
                    await self._held.wait()
        return str(self.close_exc)

    def _forget_the_handshake(self) -> None:
        """What it said takes 3 kB, and is of no use any more."""
        for said in (self.request, self.response):
            if said is not None:
                said.headers.clear()

    def hold(self) -> None:
        self._held = self._held or asyncio.Event()
        self.transport.pause_reading()

    def go_on(self) -> None:
        if self._held:
            self._held.set()
        self._held = None
        self._read_on()

    def pause_writing(self) -> None:
        """The other side does not read: nor do we, for each ping that we read makes a pong more to be kept."""
        super().pause_writing()
        self._slow = True
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._slow = False
        self._read_on()

    def _read_on(self) -> None:
        if self.state is State.OPEN and not self._held and not self._slow and not self.transport.is_closing():
            self.transport.resume_reading()

    def ping_every(self, interval_s: float | None) -> None:
        """See `line.Socket`. Before the handshake is over it settles how the pings begin."""
        wanted = self._usual_ping_s if interval_s is None else interval_s or None
        if wanted == self.ping_interval:
            return
        self.ping_interval = wanted
        if self.state is State.OPEN:
            if self.keepalive_task is not None:
                self.keepalive_task.cancel()
            self.start_keepalive()

    def write(self, frame: bytes) -> bool:
        """The library sends by waiting."""
        return False

    async def send(self, frame: bytes) -> None:
        try:
            await super().send(frame, text=True)
        except ConnectionClosed as closed:
            raise SocketClosed(str(closed)) from closed

    def data_received(self, data: bytes) -> None:
        shaken = self.protocol.state is State.OPEN
        super().data_received(data)
        if not shaken:
            self._look_at(data)

    def _look_at(self, data: bytes) -> None:
        """Of a handshake that is no request nobody is asked; and one by TLS would be waited for in vain."""
        if self.request is not None or self.refused:
            return
        if why := unreadable(data, self.protocol.handshake_exc):
            self.refused = True
            self._on_no_request(self, why)
            self.transport.close()


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
