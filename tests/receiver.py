"""A receiver of HTTP requests that is as odd as a test wants it: by hand, on IPv4 and IPv6, keeping what came."""

import asyncio
import itertools
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Writes what a request gets back; the connection stays open unless it closes it."""


class Received(NamedTuple):
    target: str  # "POST /path"
    headers: dict[str, str]  # by lower-case names
    body: bytes


def answer(status: int, *headers: str, body: bytes = b"") -> Answer:
    """A whole and ordinary answer. `headers` are lines: "Retry-After: 7"."""
    lines = (f"HTTP/1.1 {status} Said", *headers, f"Content-Length: {len(body)}", "", "")
    return raw("\r\n".join(lines).encode() + body)


def raw(data: bytes, close: bool = False) -> Answer:
    """These bytes, whatever they are, and if wanted the end of the connection."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if close:
            writer.close()

    return say


def drip(data: bytes, endless: bytes) -> Answer:
    """First this at once, then the other byte by byte, over and over, until nobody listens any more."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        for byte in itertools.cycle(endless):
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0.01)

    return say


async def hang(writer: asyncio.StreamWriter) -> None:
    """Nothing, ever."""
    await asyncio.Event().wait()


class Receiver:
    """Answers what `answers` holds in turn, then 200. Requests are in `received`."""

    def __init__(self) -> None:
        self.connections = 0
        self.received: list[Received] = []
        self.answers: list[Answer] = []
        self.greeting = b""  # what it says unasked
        self.port = 0
        self._came = asyncio.Condition()
        self._at_work: set[asyncio.Task[None]] = set()

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        work = asyncio.create_task(self._requests(reader, writer))
        self._at_work.add(work)
        work.add_done_callback(self._at_work.discard)

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                writer.write(self.greeting)
                while not writer.is_closing():
                    await self._take(await _read(reader))
                    say = self.answers.pop(0) if self.answers else answer(200)
                    await say(writer)
        finally:
            writer.close()

    async def _take(self, received: Received) -> None:
        async with self._came:
            self.received.append(received)
            self._came.notify_all()

    async def has(self, count: int) -> None:
        """Wait until so many requests came."""
        async with self._came:
            await self._came.wait_for(lambda: len(self.received) >= count)

    def stop(self) -> None:
        for work in self._at_work:
            work.cancel()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(head[0].removesuffix(" HTTP/1.1"), headers, body)


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port of all addresses of this machine."""
    receiver = Receiver()
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    listening = socket.create_server(("", 0), family=family, dualstack_ipv6=both)
    receiver.port = listening.getsockname()[1]
    server = await asyncio.start_server(receiver.serve, sock=listening, ssl=tls)
    try:
        yield receiver
    finally:
        server.close()
        receiver.stop()
