"""HTTP load: kept-alive connections in a closed loop, so light that the server is what is measured."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from parts.processes import Burst

CALLERS = 16
LENGTH = b"content-length: "


def request(method: str, url: str, token: str, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    parts = urlsplit(url)
    target = parts.path + ("?" + parts.query if parts.query else "")
    head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


class _Caller(asyncio.Protocol):
    """One connection: a request, its answer, the next request, until the deadline."""

    def __init__(
        self, requests: Iterator[bytes], wanted: bytes, deadline: float, burst: Burst, part: bytes = b""
    ) -> None:
        self._requests, self._wanted, self._deadline, self._burst = requests, wanted, deadline, burst
        self._part = part
        self._came, self._size, self._sent = b"", 0, 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._came = self._came + data if self._came else data
        if not self._size and (end := self._came.find(b"\r\n\r\n")) >= 0:
            at = self._came.index(LENGTH) + len(LENGTH)
            self._size = end + 4 + int(self._came[at : self._came.index(b"\r", at)])
        if self._size and len(self._came) >= self._size:
            self._take()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))

    def _take(self) -> None:
        now = time.perf_counter()
        self._burst.latencies.append(now - self._sent)
        if not self._came.startswith(self._wanted) or self._part not in self._came:
            self.done.set_exception(RuntimeError(f"wanted {self._wanted!r}, got {self._came[:500]!r}"))
        elif now < self._deadline:
            self._came, self._size = b"", 0
            return self._send()
        else:
            self.done.set_result(None)
        self._transport.close()
        return None

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))


async def load(url: str, requests: Iterator[bytes], status: int, seconds: float) -> Burst:
    """Keep all callers busy; every answer has to have the status."""
    loop, burst, parts = asyncio.get_running_loop(), Burst(), urlsplit(url)
    deadline, wanted = time.perf_counter() + seconds, b"HTTP/1.1 %d " % status

    def caller() -> _Caller:
        return _Caller(requests, wanted, deadline, burst)

    callers = [(await loop.create_connection(caller, parts.hostname, parts.port))[1] for _ in range(CALLERS)]
    await asyncio.gather(*(caller.done for caller in callers))
    return burst


async def once(url: str, requests: Sequence[bytes], status: int, part: bytes) -> Burst:
    """All requests in the same moment, each on a connection of its own; every answer has to have the status, and this
    part. Latencies count from that moment, so opening the connection is in them."""
    loop, burst, parts = asyncio.get_running_loop(), Burst(), urlsplit(url)
    began, wanted = time.perf_counter(), b"HTTP/1.1 %d " % status

    async def one(request: bytes) -> None:
        def caller() -> _Caller:
            return _Caller(iter((request,)), wanted, began, Burst(), part)

        _, sent = await loop.create_connection(caller, parts.hostname, parts.port)
        await sent.done
        burst.latencies.append(time.perf_counter() - began)

    await asyncio.gather(*map(one, requests))
    return burst
