"""A station's line to its central system: one WebSocket at a time, opened again whenever it breaks."""

import asyncio
import base64
import random
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from ohmstead.kit.clock import Clock


class Unanswered(Exception):
    """No answer came to a call: there is no line, it broke, or the time was up."""


@dataclass(frozen=True)
class Address:
    """Where and as whom a station connects: base URL of the central system, identity, Basic auth password if any."""

    url: str
    identity: str
    password: bytes | None
    subprotocol: str
    tls: ssl.SSLContext | None = None
    profile: int = 0
    """The OCPP security profile."""

    def connection(self, timeout_s: float) -> connect:
        """A WebSocket about to be opened, without a proxy; pings are left to the other side."""
        options: dict[str, Any] = {} if self.tls is None else {"ssl": self.tls}
        return connect(
            f"{self.url.rstrip('/')}/{quote(self.identity, safe='')}",
            subprotocols=[Subprotocol(self.subprotocol)],
            additional_headers=self.credentials(),
            open_timeout=timeout_s,
            close_timeout=2,
            ping_interval=None,
            proxy=None,
            **options,
        )

    def credentials(self) -> dict[str, str]:
        if self.password is None:
            return {}
        return {"Authorization": "Basic " + base64.b64encode(self.identity.encode() + b":" + self.password).decode()}


@dataclass(frozen=True)
class Patience:
    """How long a station waits, in s of its clock: for an answer, and before each further attempt to connect."""

    answer_s: float = 60.0
    back_off_s: float = 1.0
    back_off_at_most_s: float = 60.0
    tries_of_new: int = 3
    """How often to try a new address before going back to the one before."""
    handshake_s: float = 20.0
    """Of the wall, not of the clock: a network does not get faster with a demo."""

    def before(self, attempt: int, dice: random.Random) -> float:
        """The pause before the n-th attempt (from 1) since the line was open: doubling, a fifth of it by chance."""
        return min(self.back_off_at_most_s, self.back_off_s * 2 ** min(attempt - 1, 16)) * dice.uniform(0.8, 1.0)


@dataclass
class Line:
    """Keeps a WebSocket open; `on_text` hears what arrives on it, the other three of the line itself."""

    address: Address
    clock: Clock
    dice: random.Random
    patience: Patience
    on_open: Callable[[], None]
    on_close: Callable[[], None]
    on_text: Callable[[str | bytes], Awaitable[None]]
    on_pause: Callable[[], None]
    reachable: bool = True
    """Whether there is a network over which a line can be opened."""
    pausing: bool = False
    """Whether it waits before the next attempt to connect."""
    refusal: str = ""
    """Why there is no line, in words."""
    _before: Address | None = None
    _tries: int = 0
    _socket: ClientConnection | None = None
    _lost: asyncio.Event = field(default_factory=asyncio.Event)
    _abandoned: list[ClientConnection] = field(default_factory=list)

    @property
    def connected(self) -> bool:
        return self._socket is not None

    def use_password(self, password: bytes) -> None:
        """From the next connection on, which by that has security profile 1 at least."""
        self.address = replace(self.address, password=password, profile=max(1, self.address.profile))

    def move_to(self, address: Address) -> None:
        """From the next connection on; if that cannot be opened there, back to where it was."""
        if self._before is None:
            self._before = self.address
        self.address, self._tries = address, 0

    async def keep_open(self) -> None:
        """Connect, and connect again after every loss, with growing pauses; for ever."""
        attempts = 0
        while True:
            if socket := await self._connect():
                attempts, self._before = 0, None
                await self._serve(socket)
            else:
                self._fall_back()
            attempts += 1
            await self._pause(attempts)

    async def send(self, text: str) -> None:
        """Put a text on the line; Unanswered when there is none."""
        socket = self._socket
        if socket is None:
            raise Unanswered("no line")
        try:
            await socket.send(text)
        except ConnectionClosed as gone:
            self._let_go_of(socket)
            raise Unanswered("the line broke") from gone

    async def close(self) -> None:
        """Say goodbye with a close frame."""
        if socket := self._let_go():
            await socket.close()

    def abort(self) -> None:
        """Cut the line without a close frame; the other side sees the TCP connection end."""
        if socket := self._let_go():
            socket.transport.abort()

    def abandon(self) -> None:
        """Leave the socket open, unread and unanswered, as a station does that loses its power or its mobile cell."""
        if socket := self._let_go():
            socket.transport.pause_reading()
            self._abandoned.append(socket)

    def bury(self) -> None:
        """Cut whatever sockets were abandoned."""
        while self._abandoned:
            self._abandoned.pop().transport.abort()

    def _fall_back(self) -> None:
        self._tries += 1
        if self._before is not None and self._tries >= self.patience.tries_of_new:
            self.address, self._before = self._before, None

    async def _pause(self, attempts: int) -> None:
        self.pausing = True
        self.on_pause()
        try:
            await self.clock.sleep(self.patience.before(attempts, self.dice))
        finally:
            self.pausing = False

    async def _connect(self) -> ClientConnection | None:
        if not self.reachable:
            self.refusal = "there is no network"
            return None
        try:
            socket = await self.address.connection(self.patience.handshake_s)
        except (OSError, WebSocketException, TimeoutError) as refused:
            self.refusal = str(refused) or type(refused).__name__
            return None
        if socket.subprotocol != self.address.subprotocol:
            self.refusal = f"the central system does not speak {self.address.subprotocol}"
            await socket.close(1002)
            return None
        return socket

    async def _serve(self, socket: ClientConnection) -> None:
        self._socket, self.refusal = socket, ""
        self._lost.clear()
        self.on_open()
        reader = asyncio.create_task(self._read(socket))
        try:
            await self._lost.wait()
        finally:
            reader.cancel()
        if reader.done():
            reader.result()  # what went wrong while a frame was dealt with, goes wrong here

    async def _read(self, socket: ClientConnection) -> None:
        try:
            with suppress(ConnectionClosed):
                async for text in socket:
                    await self.on_text(text)
        finally:
            self._let_go_of(socket)

    def _let_go_of(self, socket: ClientConnection) -> None:
        if self._socket is socket:
            self._let_go()

    def _let_go(self) -> ClientConnection | None:
        socket, self._socket = self._socket, None
        if socket:
            self.refusal = "the line was lost"
            self._lost.set()
            self.on_close()
        return socket
