"""A `websockets` connection as the connection actor wants it."""

import socket
from collections.abc import Callable
from typing import Any

from websockets import ConnectionClosed, State
from websockets.asyncio.server import ServerConnection
from websockets.frames import DATA_OPCODES, Frame, apply_mask  # pyright: ignore[reportPrivateImportUsage]
from websockets.protocol import Event

from ohmstead.ocpp.connection_identity import Admitted
from ohmstead.ocpp.handshake import unreadable
from ohmstead.ocpp.line import SocketClosed
from ohmstead.ocpp.versions import Version

END_OF_REQUEST = b"\r\n\r\n"
WHOLE_TEXT, MASKED = 0x81, 0x80  # RFC 6455, section 5.2: the first byte of a text frame; a bit of the second
TWO_MORE, EIGHT_MORE = 126, 127  # in the place of a size: the size is in so many bytes that follow
PLAIN = 2**16  # bytes; longer frames come in several segments anyway
KEEPALIVE_INTERVAL_S = 30
KEEPALIVE_PROBES = 4


OnNoRequest = Callable[["StationSocket", str], None]
"""Told that what came on a socket is no request, and why."""


class StationSocket(ServerConnection):
    """A server connection that remembers who was admitted on it and what is spoken, None without agreement.

    Implements `line.Socket`: frames are handed over as they come off the wire, without the queue, the task switches
    and the context managers of `recv` and `send`. A segment that is one plain frame, as nearly all are, is taken apart
    here, and a message made a plain frame; the library does the handshake, control frames, fragments, compression and
    everything that is wrong.
    """

    admitted: Admitted
    version: Version | None = None
    identity = ""  # in the path of the handshake, as it is claimed
    refused = False  # by us; what the library refuses it does by itself
    completed = False  # the handshake lacked its Connection header

    def __init__(self, *arguments: Any, on_no_request: OnNoRequest = lambda socket, why: None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._on_no_request = on_no_request
        self._held = False
        self._take: Callable[[bytes], None] = self._keep
        self._early: list[bytes] = []
        self._parts: list[bytes] = []
        self._most = min(PLAIN, self.protocol.max_message_size or PLAIN)
        self._owed: int | None = None  # bytes of a frame that are still to come; None: nobody knows
        self._usual_ping_s = self.ping_interval

    @property
    def remote_ip(self) -> str:
        return self.remote_address[0] if self.remote_address else ""

    async def listen(self, take: Callable[[bytes], None]) -> str:
        """Those first that came before anybody listened; who takes them may hold the socket again."""
        self._take = take
        self._forget_the_handshake()
        self.go_on()
        for frame in self._early:
            take(frame)
        self._early.clear()
        await self.wait_closed()
        return str(self.close_exc)

    def _forget_the_handshake(self) -> None:
        """What it said takes 3 kB, and is of no use any more."""
        for said in (self.request, self.response):
            if said is not None:
                said.headers.clear()

    def hold(self) -> None:
        self._held = True
        self.transport.pause_reading()

    def go_on(self) -> None:
        self._held = False
        self._read_on()

    def pause_writing(self) -> None:
        """The other side does not read: nor do we, for each ping that we read makes a pong more to be kept."""
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_on()

    def _read_on(self) -> None:
        if self.state is State.OPEN and not self._held and not self.paused and not self.transport.is_closing():
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
        if self.paused or self.protocol.state is not State.OPEN:
            return False
        if self.protocol.extensions:
            self.protocol.send_text(frame)
            self.send_data()
        else:
            self.transport.write(text_frame(frame))
        return True

    async def send(self, frame: bytes) -> None:
        try:
            await super().send(frame, text=True)
        except ConnectionClosed as closed:
            raise SocketClosed(str(closed)) from closed

    def data_received(self, data: bytes) -> None:
        shaken = self.protocol.state is State.OPEN
        if shaken and self._owed == 0 and not self._parts and (payload := plain(data, self._most)) is not None:
            self._take(payload)
            return
        super().data_received(data)
        if shaken and self._owed is not None:
            self._owed = owed(data, self._owed)
        elif not shaken:
            self._owed = 0 if data.endswith(END_OF_REQUEST) else None
            self._look_at(data)

    def _look_at(self, data: bytes) -> None:
        """Of a handshake that is no request nobody is asked; and one by TLS would be waited for in vain."""
        if self.request is not None or self.refused:
            return
        if why := unreadable(data, self.protocol.handshake_exc):
            self.refused = True
            self._on_no_request(self, why)
            self.transport.close()

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


def text_frame(payload: bytes) -> bytes:
    """A whole text frame of a server, uncompressed (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < TWO_MORE:
        return bytes((WHOLE_TEXT, size)) + payload
    if size < 2**16:
        return bytes((WHOLE_TEXT, TWO_MORE)) + size.to_bytes(2, "big") + payload
    return bytes((WHOLE_TEXT, EIGHT_MORE)) + size.to_bytes(8, "big") + payload


def plain(segment: bytes, most: int) -> bytes | None:
    """The payload of a segment that is one whole text frame of a client, uncompressed and of at most `most` bytes;
    None for any other."""
    if (
        len(segment) < 2
        or segment[0] != WHOLE_TEXT
        or not segment[1] & MASKED
        or (found := _extent(segment, 0)) is None
    ):
        return None
    start, size = found
    if size > most or len(segment) != start + size:
        return None
    return apply_mask(segment[start:], segment[start - 4 : start])


def owed(segment: bytes, before: int) -> int | None:
    """How many bytes of a client's frame are still to come after a segment whose first `before` bytes belong to an
    earlier one; None where it ends within the head of a frame."""
    at = before
    while at < len(segment):
        if (found := _extent(segment, at)) is None:
            return None
        at = sum(found)
    return at - len(segment)


def _extent(segment: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the masked frame at `at` starts, and its size (RFC 6455, section 5.2); None where its head
    is not whole."""
    size = segment[at + 1] & ~MASKED if len(segment) > at + 1 else 0
    width = {TWO_MORE: 2, EIGHT_MORE: 8}.get(size, 0)
    start = at + 2 + width + 4
    if len(segment) < start:
        return None
    return start, int.from_bytes(segment[at + 2 : at + 2 + width], "big") if width else size


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
