"""The limit of `bench ocpp` and `bench transactions`: a bare `websockets` server that parses, answers and forgets.

Says its address.
"""

import asyncio
import signal
from typing import Any

import msgspec
import uvloop
from websockets.asyncio.server import ServerConnection, serve

from ohmstead.ocpp.listener import raise_gc_thresholds

decode, encode = msgspec.json.decode, msgspec.json.encode
ANSWERS: dict[str, Any] = {
    "BootNotification": {"status": "Accepted", "interval": 300, "currentTime": "2026-01-01T00:00:00Z"},
    "StartTransaction": {"transactionId": 1, "idTagInfo": {"status": "Accepted"}},
    "MeterValues": {},
    "TransactionEvent": {},
}


async def answer(socket: ServerConnection) -> None:
    """Serve one station."""
    async for frame in socket:
        _, message_id, action, _ = decode(frame)
        await socket.send(encode([3, message_id, ANSWERS[action]]), text=True)


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with serve(
        answer,
        "127.0.0.1",
        0,
        subprotocols=["ocpp1.6", "ocpp2.0.1"],
        compression=None,
        ping_interval=60,
        ping_timeout=None,  # type: ignore[list-item]
    ) as server:
        raise_gc_thresholds()
        port = next(iter(server.sockets)).getsockname()[1]
        print(f"ws://127.0.0.1:{port}/ocpp", "ready", sep="\n", flush=True)
        await stop.wait()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
