"""Plain frames taken apart and made here, without the library's queue, task switches and context managers."""

from collections.abc import Callable
from typing import Any

from websockets import State
from websockets.frames import DATA_OPCODES, Frame, apply_mask  # pyright: ignore[reportPrivateImportUsage]
from websockets.protocol import Event

from ohmstead.ocpp.websocket import StationSocket

END_OF_REQUEST = b"\r\n\r\n"
WHOLE_TEXT, MASKED = 0x81, 0x80  # RFC 6455, section 5.2: the first byte of a text frame; a bit of the second
TWO_MORE, EIGHT_MORE = 126, 127  # in the place of a size: the size is in so many bytes that follow
PLAIN = 2**16  # bytes; longer frames come in several segments anyway


class PlainSocket(StationSocket):
    """Hands frames over as they come off the wire.

    A segment that is one plain frame, as nearly all are, is taken apart here, and a message made a plain frame; the
    library does the handshake, control frames, fragments, compression and everything that is wrong. Three attributes
    of it are used that it does not document: `max_message_size`, `extensions` and `send_data`.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._take: Callable[[bytes], None] = self._keep
        self._early: list[bytes] = []
        self._parts: list[bytes] = []
        self._most = min(PLAIN, self.protocol.max_message_size or PLAIN)
        self._owed: int | None = None  # bytes of a frame that are still to come; None: nobody knows

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

    def write(self, frame: bytes) -> bool:
        if self._slow or self.protocol.state is not State.OPEN:
            return False
        if self.protocol.extensions:
            self.protocol.send_text(frame)
            self.send_data()
        else:
            self.transport.write(text_frame(frame))
        return True

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
