"""A charger that keeps to its script: it says what it is told to, and answers as it was made to."""

import asyncio
import itertools
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ohmstead.kit.clock import Clock
from tests.live import PASSWORD, Live
from tests.stations.heart import Heart

BOOT = {"chargePointVendor": "Odd", "chargePointModel": "Charger"}
CARD = "CARD"
_numbers = itertools.count(1)


class Error(Exception):
    """A CALLERROR: its code. A charger answers with one where its script holds one."""


class Charger:
    """`script` is what it answers to calls by action: a payload, an `Error`, or None for silence; to the rest it says
    Accepted."""

    def __init__(self, socket: ClientConnection, clock: Clock, script: dict[str, Any] | None = None) -> None:
        self.socket, self.clock, self.script = socket, clock, script or {}
        self.heard: list[tuple[str, Any]] = []
        self.heard_at: list[datetime] = []
        self.heart = Heart(clock)
        self._news = asyncio.Event()
        self._asked: dict[str, asyncio.Future[Any]] = {}

    async def listen(self) -> None:
        """Take in frames until the line ends."""
        with suppress(ConnectionClosed):
            async for raw in self.socket:
                kind, message_id, *rest = json.loads(raw)
                if kind == 2:
                    await self._answer(message_id, *rest)
                elif asked := self._asked.pop(message_id, None):
                    asked.set_result(rest[0]) if kind == 3 else asked.set_exception(Error(rest[0]))

    async def _answer(self, message_id: str, action: str, payload: Any) -> None:
        self.heard.append((action, payload))
        self.heard_at.append(self.clock.now())
        self._news.set()
        answer = self.script.get(action, {"status": "Accepted"})
        if answer is None:
            return
        frame = [4, message_id, str(answer), "", {}] if isinstance(answer, Error) else [3, message_id, answer]
        await self.socket.send(json.dumps(frame))

    async def hears(self, action: str) -> Any:
        """The payload of the first call of this action, once there is one."""
        async with asyncio.timeout(20):
            while not (found := [payload for said, payload in self.heard if said == action]):
                self._news.clear()
                await self._news.wait()
        return found[0]

    async def say(self, action: str, message_id: str = "", **payload: Any) -> "asyncio.Future[Any]":
        """Send a call without waiting; its answer comes later."""
        self.heart.spoke()
        message_id = message_id or f"c{next(_numbers)}"
        self._asked[message_id] = asyncio.get_running_loop().create_future()
        asked = self._asked[message_id]
        await self.socket.send(json.dumps([2, message_id, action, payload]))
        return asked

    async def ask(self, action: str, **payload: Any) -> Any:
        """The payload of the answer; `Error` for a CALLERROR."""
        async with asyncio.timeout(20):
            return await (await self.say(action, **payload))

    async def sends(self, frame: str, message_id: str) -> Any:
        """The payload of the answer to a frame, whatever that is; `Error` for a CALLERROR."""
        self.heart.spoke()
        asked = self._asked[message_id] = asyncio.get_running_loop().create_future()
        await self.socket.send(frame)
        async with asyncio.timeout(20):
            return await asked

    # What chargers say

    def now(self, seconds: float = 0) -> str:
        """The clock's time, so many seconds on, as it goes on the wire."""
        return stamp(self.clock.now() + timedelta(seconds=seconds))

    async def boots(self, **facts: Any) -> Any:
        return await self.ask("BootNotification", **BOOT | facts)

    async def is_in(self, status: str, connector: int = 1) -> None:
        """Say what state a connector is in."""
        await self.ask("StatusNotification", connectorId=connector, errorCode="NoError", status=status)

    async def starts(self, wh: int = 1000, at: str = "", tag: str = CARD, **facts: Any) -> Any:
        """The answer to a start."""
        told = {"connectorId": 1, "idTag": tag, "meterStart": wh, "timestamp": at or self.now()}
        return await self.ask("StartTransaction", **told | facts)

    async def stops(self, transaction: int, wh: int, at: str = "", **facts: Any) -> Any:
        """The answer to a stop."""
        told = {"transactionId": transaction, "meterStop": wh, "timestamp": at or self.now()}
        return await self.ask("StopTransaction", **told | facts)

    async def meters(self, *values: dict[str, Any], at: str = "", connector: int = 1, **facts: Any) -> None:
        """Send one meter value made of these sampled values."""
        reading = {"timestamp": at or self.now(), "sampledValue": list(values)}
        await self.ask("MeterValues", connectorId=connector, meterValue=[reading], **facts)


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def credentials(identity: str, password: bytes) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(identity.encode() + b":" + password).decode()}


@asynccontextmanager
async def plugged(
    site: Live, address: str = "ODD", script: dict[str, Any] | None = None, password: bytes = PASSWORD.encode(),
    user: str = "", **options: Any,
) -> AsyncIterator[Charger]:  # fmt: skip
    """A charger on the line, at an address below the system's."""
    headers = credentials(user or address, password)
    usual = {"subprotocols": ["ocpp1.6"], "proxy": None, "additional_headers": headers}
    async with connect(f"{site.ocpp_url}/{address}", **usual | options) as socket:
        charger = Charger(socket, site.clock, script)
        listening = asyncio.create_task(charger.listen())
        try:
            async with charger.heart.beating(lambda: charger.say("Heartbeat")):
                yield charger
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
