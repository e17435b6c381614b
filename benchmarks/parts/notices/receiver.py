"""A receiver of webhooks, so light that who sends is what is measured: keeps what came with its moment, answers 200.

Says two addresses: of the second one nothing is ever answered. `GET` of the first tells what came since it was asked
last: by the ids of events when they came first, how many came in all, and how many were not signed with the token that
it was started with.
"""

import asyncio
import hmac
import json
import signal
import sys
import time
from typing import Any

import uvloop

TOKEN = sys.argv[1].encode()
LENGTH = b"Content-Length: "
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
came: list[tuple[float, bytes]] = []


class Receiver(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self._transport, self._data = transport, b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n") + 4) >= 4:
            at = self._data.find(LENGTH, 0, end)
            size = end if at < 0 else end + int(self._data[at + len(LENGTH) : self._data.index(b"\r", at)])
            if len(self._data) < size:
                return
            request, self._data = self._data[:size], self._data[size:]
            self._take(request)

    def _take(self, request: bytes) -> None:
        if request.startswith(b"POST"):
            came.append((time.time(), request))
            return self._transport.write(TAKEN)
        body = json.dumps(told()).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return self._transport.write(head.encode() + body)


class Silent(asyncio.Protocol):
    """Takes everything and says nothing."""


def told() -> dict[str, Any]:
    """What came, and forget it."""
    requests, first, unsigned = came[:], {}, 0
    came.clear()
    for at, request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        first.setdefault(_said(head, b"webhook-id").decode(), at)
        unsigned += _said(head, b"X-Signature") != hmac.digest(TOKEN, body, "sha256").hex().encode()
    return {"first": first, "count": len(requests), "unsigned": unsigned}


def _said(head: bytes, name: bytes) -> bytes:
    return head.partition(b"\r\n" + name + b": ")[2].partition(b"\r\n")[0]


async def main() -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    for kind in (Receiver, Silent):
        server = await loop.create_server(kind, "127.0.0.1", 0)
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    print("ready", flush=True)
    await stop.wait()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
