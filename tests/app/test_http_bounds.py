"""The API's port against those who mean it ill: sizes, times, places, over raw sockets."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ohmstead.app.descriptors import OWN, shares
from ohmstead.app.http_bounds import Bounds
from tests.conftest import served
from tests.scenarios.waiting import becomes

MANY = 1_000_000
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers how many bytes the body had, or `cut` where it ended too soon."""
    size, more = 0, True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        size, more = size + len(event["body"]), event["more_body"]
    text = b"%d bytes" % size
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


class Listener:
    """The server, its refusals, and sockets to it."""

    def __init__(self, address: str, server: served, refused: list[str]) -> None:
        self._port, self.server, self.refused = int(address.rpartition(":")[2]), server.server, refused
        self._open: list[asyncio.StreamWriter] = []

    async def dial(self) -> "Caller":
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._open.append(writer)
        return Caller(reader, writer)

    def later(self, seconds: float) -> None:
        """What happens when so many s have passed without anything."""
        self.server.port.look(self.server.server_state.connections, asyncio.get_running_loop().time() + seconds)

    async def held(self, count: int) -> None:
        """Until so many connections have arrived, or are left."""
        await becomes(self._connections, lambda found: len(found) == count)

    async def read(self, size: int) -> None:
        """Until so many bytes of unfinished requests were read."""
        await becomes(self._connections, lambda found: sum(one.unfinished for one in found) == size)

    async def _connections(self) -> Any:
        return self.server.server_state.connections

    def close(self) -> None:
        for writer in self._open:
            writer.close()


class Caller:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def say(self, raw: bytes) -> None:
        self._writer.write(raw)

    async def hear(self) -> bytes:
        """What comes next."""
        async with asyncio.timeout(5):
            return await self._reader.read(65_536)

    async def rest(self) -> bytes:
        """All that comes until the other side closes."""
        found = b""
        try:
            while part := await self.hear():
                found += part
        except ConnectionError:  # it closed while we were still writing
            pass
        return found

    async def status(self) -> int:
        return int((await self.hear()).split()[1])


@pytest.fixture
async def listener(request: pytest.FixtureRequest) -> AsyncIterator[Listener]:
    refused: list[str] = []
    server = served(echo, Bounds(**getattr(request, "param", {})), refused.append)
    async with server as address:
        opened = Listener(address, server, refused)
        yield opened
        opened.close()


async def test_an_answer_waits_for_no_acknowledgement(listener: Listener) -> None:
    """Its head and its body are two packets: Nagle's algorithm would hold the second for the caller's delayed ACK."""
    await listener.dial()
    await listener.held(1)
    (connection,) = listener.server.server_state.connections
    held = connection.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert held != 0


@pytest.mark.parametrize(
    ("start", "filling", "status", "reason"),
    [
        (b"GET /", b"x", 414, "request line too long"),
        (b"GET / HTTP/1.1\r\nX: ", b"x", 431, "headers too large"),
        (b"GET / HTTP/1.1\r\n", b"a: b\r\n", 431, "headers too large"),
        (b"GET / HTTP/1.1\r\n", b"x", 431, "headers too large"),
    ],
    ids=["a request line", "one header", "many headers", "a header's name"],
)  # fmt: skip
async def test_a_head_without_end_is_not_kept(
    listener: Listener, start: bytes, filling: bytes, status: int, reason: str
) -> None:
    caller = await listener.dial()
    caller.say(start + filling * (MANY // len(filling)))
    answer = await caller.rest()
    assert not answer or answer.startswith(b"HTTP/1.1 %d " % status), answer[:100]
    await listener.held(0)
    assert listener.refused == [reason]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /" + b"x" * 16_000 + b" HTTP/1.1\r\n\r\n", 200),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 60_000 + b"\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 80_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 120 + b"\r\n", 200),
        (b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 130 + b"\r\n", 431),
    ],
)
async def test_a_head_has_its_bounds(listener: Listener, head: bytes, status: int) -> None:
    caller = await listener.dial()
    caller.say(head)
    assert await caller.status() == status


async def test_a_large_body_in_the_same_segments_is_no_large_head(listener: Listener) -> None:
    caller = await listener.dial()
    caller.say(POST % MANY + b"x" * MANY)
    assert (await caller.hear()).endswith(b"1000000 bytes")


@pytest.mark.parametrize(
    ("said", "after_s", "status", "reason"),
    [
        (b"", 16, None, "no request"),
        (b"GET / HTTP", 16, 408, "headers too slow"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", 16, 408, "headers too slow"),
        (POST % 5000 + b"half", 31, 408, "body too slow"),
    ],
    ids=["nothing", "half a line", "half a head", "half a body"],
)
async def test_half_a_request_is_not_waited_for_without_end(
    listener: Listener, said: bytes, after_s: float, status: int | None, reason: str
) -> None:
    caller = await listener.dial()
    caller.say(said)
    await listener.held(1)
    await listener.read(len(said))
    listener.later(after_s - 2)
    assert listener.server.connections == 1
    listener.later(after_s)
    answer = await caller.rest()
    assert answer == b"" if status is None else answer.startswith(b"HTTP/1.1 %d " % status)
    await listener.held(0)
    assert listener.refused == [reason]


async def test_dripping_empty_lines_keeps_no_connection(listener: Listener) -> None:
    caller = await listener.dial()
    caller.say(GET)
    assert await caller.status() == 200
    caller.say(b"\r\n")
    await listener.read(2)
    listener.later(16)
    assert (await caller.rest()).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_drips_is_late_whenever_its_next_byte_comes(listener: Listener) -> None:
    caller = await listener.dial()
    caller.say(POST % 5000)
    await listener.read(len(POST % 5000))
    (one,) = listener.server.server_state.connections
    now = asyncio.get_running_loop().time()
    one.heard_at = now + 39
    one.look(now + 40)
    assert listener.refused == ["body too slow"]


@pytest.mark.parametrize("listener", [{"connections": 5}], indirect=True)
async def test_idle_connections_make_room_and_busy_ones_do_not(listener: Listener) -> None:
    idle = [await listener.dial() for _ in range(5)]
    await listener.held(5)
    newcomer = await listener.dial()
    assert (await newcomer.hear()).startswith(b"HTTP/1.1 503 ")
    listener.later(2)
    newcomer = await listener.dial()
    newcomer.say(GET)
    assert await newcomer.status() == 200
    assert listener.refused == ["too many connections", "made room for another"]
    assert sum(one._reader.at_eof() or one._reader.exception() is not None for one in idle) == 1
    assert listener.server.connections == 5

    for one in idle:
        one.say(POST % 10)
    await listener.read(4 * len(POST % 10))
    listener.later(2)
    for number in range(3):
        one = await listener.dial()
        one.say(GET)
        assert await one.status() == (200 if number == 0 else 503), "only the answered one waits for a request"


async def test_requests_in_one_segment_are_answered_up_to_a_number(listener: Listener) -> None:
    caller = await listener.dial()
    caller.say(GET * 10)
    answers = b""
    while answers.count(b"0 bytes") < 10:
        answers += await caller.hear()
    caller.say(GET * 5000)
    await caller.rest()
    assert listener.refused == ["too many requests at once"]


async def test_a_wish_for_another_protocol_is_served_as_the_request_it_is(listener: Listener) -> None:
    caller = await listener.dial()
    caller.say(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert await caller.status() == 200


async def test_what_is_no_http_is_told_so(listener: Listener) -> None:
    caller = await listener.dial()
    caller.say(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    assert (await caller.rest()).startswith(b"HTTP/1.1 400 ")
    assert listener.refused == ["not HTTP"]


def test_charge_points_have_three_quarters_of_the_descriptors() -> None:
    few = shares(1024, 1000, 16)
    assert (few.api, few.charge_points, few.few) == (236, 708, True)
    assert few.api + few.charge_points + OWN + 16 == 1024
    many = shares(100_000, 1000, 16)
    assert (many.api, many.few) == (1000, False)


def test_the_limit_of_descriptors_is_raised_as_far_as_allowed() -> None:
    asked = (
        "import resource as r; from ohmstead.app.descriptors import raised; r.setrlimit(7, (200, 900)); print(raised())"
    )
    done = subprocess.run([sys.executable, "-c", asked.replace("7", "r.RLIMIT_NOFILE")], capture_output=True, text=True)
    assert done.stdout == "900\n", done.stderr
