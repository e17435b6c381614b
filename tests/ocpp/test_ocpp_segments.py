"""However the network cuts a station's bytes into segments, its messages arrive whole and in order."""

import asyncio
import itertools
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from ohmstead.ocpp.plain_frames import PLAIN, PlainSocket, owed, plain, text_frame

HANDSHAKE = (
    b"GET /ocpp/CP1 HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MOST = 3 * PLAIN


class Transport:
    """Keeps what is written, and whether it reads."""

    def __init__(self) -> None:
        self.written, self.reading = b"", True

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **named: None


async def _handled(socket: PlainSocket) -> None:
    """The server's handler: the test plays it."""


async def opened(early: bytes = b"") -> tuple[PlainSocket, Transport]:
    """A socket after its handshake, with which `early` bytes came in one segment."""
    server: Any = SimpleNamespace(handler=_handled, handler_tasks=set())
    socket, transport = PlainSocket(ServerProtocol(max_size=MOST), server), Transport()
    socket.connection_made(transport)  # pyright: ignore[reportArgumentType]
    socket.data_received(HANDSHAKE + early)
    assert isinstance(socket.request, Request)
    socket.protocol.send_response(socket.protocol.accept(socket.request))
    return socket, transport


def wire(message: bytes, parts: int, ping: bool) -> bytes:
    """A message as a station sends it, in so many fragments, perhaps with a ping after the first."""
    size = max(1, -(-len(message) // parts))
    pieces = [message[at : at + size] for at in range(0, len(message), size)] or [b""]
    frames = [
        Frame(Opcode.TEXT if n == 0 else Opcode.CONT, piece, n == len(pieces) - 1) for n, piece in enumerate(pieces)
    ]
    if ping:
        frames.insert(1, Frame(Opcode.PING, b"there?"))
    return b"".join(frame.serialize(mask=True) for frame in frames)


messages = st.tuples(
    st.binary(max_size=300) | st.sampled_from([b"x" * 126, b"y" * 65_535, b"z" * (PLAIN + 1)]),
    st.sampled_from([1, 1, 1, 2, 3]),
    st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(messages, max_size=6), st.lists(st.integers(0, 2000), max_size=12), st.booleans())
def test_messages_arrive_whole_and_in_order(told: list[tuple[bytes, int, bool]], cuts: list[int], early: bool) -> None:
    heard: list[bytes] = []

    async def live() -> None:
        stream = b"".join(wire(*message) for message in told)
        places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
        segments = [stream[a:b] for a, b in itertools.pairwise(places)]
        socket, _ = await opened(segments.pop(0) if early and segments else b"")
        listening = asyncio.create_task(socket.listen(heard.append))
        await asyncio.sleep(0)
        for segment in segments:
            socket.data_received(segment)
        listening.cancel()

    asyncio.run(live())
    assert heard == [message for message, _, _ in told]


async def test_a_frame_in_one_segment_never_reaches_the_library() -> None:
    socket, _ = await opened()
    heard: list[bytes] = []
    listening = asyncio.create_task(socket.listen(heard.append))
    await asyncio.sleep(0)
    whole = wire(b"[2]", 1, False)
    socket.protocol.receive_data = None  # type: ignore[assignment]  # it would break the test
    socket.data_received(whole)
    assert heard == [b"[2]"]
    listening.cancel()


async def test_what_comes_before_anybody_listens_is_kept_and_no_more_is_read() -> None:
    socket, transport = await opened()
    socket.data_received(wire(b"[2]", 1, False))
    assert not transport.reading
    heard: list[bytes] = []
    listening = asyncio.create_task(socket.listen(heard.append))
    await asyncio.sleep(0)
    assert (heard, transport.reading) == ([b"[2]"], True)
    listening.cancel()


async def test_who_has_enough_of_what_came_early_holds_the_socket() -> None:
    socket, transport = await opened()
    socket.data_received(wire(b"[2]", 1, False))
    listening = asyncio.create_task(socket.listen(lambda frame: socket.hold()))
    await asyncio.sleep(0)
    assert not transport.reading
    listening.cancel()


async def test_who_does_not_read_is_not_read_and_a_hold_outlives_that() -> None:
    socket, transport = await opened()
    listening = asyncio.create_task(socket.listen(lambda frame: None))
    await asyncio.sleep(0)
    socket.pause_writing()
    assert not transport.reading
    socket.go_on()
    assert not transport.reading, "what was answered meanwhile frees nothing"
    socket.resume_writing()
    assert transport.reading
    socket.hold()
    socket.pause_writing()
    socket.resume_writing()
    assert not transport.reading, "it is held for another reason"
    socket.go_on()
    assert transport.reading
    listening.cancel()


def test_what_is_no_plain_frame_is_left_to_the_library() -> None:
    text = wire(b"[2]", 1, False)
    assert plain(text, 3) == b"[2]"
    assert plain(text, 2) is None  # too long
    assert plain(text[:-1], 9) is None
    assert plain(text + b"x", 9) is None
    assert plain(Frame(Opcode.TEXT, b"[2]").serialize(mask=False), 9) is None
    assert plain(Frame(Opcode.PING, b"").serialize(mask=True), 9) is None
    assert plain(bytes([text[0] | 0x40]) + text[1:], 9) is None  # compressed


def test_the_bytes_owed_are_counted() -> None:
    frame = wire(b"x" * 300, 1, False)
    assert owed(frame, 0) == 0
    assert owed(frame + frame[:100], 0) == len(frame) - 100
    assert owed(frame[100:], len(frame) - 100) == 0
    assert owed(frame + frame[:3], 0) is None


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300) | st.sampled_from([b"x" * 125, b"y" * 126, b"y" * 65_535, b"z" * 65_536]))
def test_a_message_is_sent_as_the_library_would(message: bytes) -> None:
    assert text_frame(message) == Frame(Opcode.TEXT, message).serialize(mask=False)


async def test_nothing_is_written_to_who_is_slow_or_gone() -> None:
    socket, transport = await opened()
    before = transport.written
    socket.pause_writing()
    assert not socket.write(b"[3]")
    socket.resume_writing()
    socket.connection_lost(None)
    assert not socket.write(b"[3]")
    assert transport.written == before
