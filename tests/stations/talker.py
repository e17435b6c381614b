"""A station of 2.0.1 that says what a test tells it, and answers whatever it is asked meanwhile in one way."""

import asyncio
import itertools
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from ohmstead.kit.clock import Clock
from tests.live import PASSWORD, Live
from tests.stations.heart import Heart


class Talker:
    """`answers` are payloads by action; every other call gets a CALLERROR NotImplemented."""

    def __init__(self, socket: ClientConnection, began: datetime, clock: Clock) -> None:
        self.socket, self.began, self.heart = socket, began, Heart(clock)
        self.answers: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.told: list[tuple[str, Any]] = []
        self._ids = itertools.count(1)
        self._awaited: dict[str, asyncio.Future[list[Any]]] = {}

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The payload of the answer, which must be a result."""
        self.heart.spoke()
        message_id = f"t{next(self._ids)}"
        answer = self._awaited[message_id] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps([2, message_id, action, payload]))
        async with asyncio.timeout(20):
            frame = await answer
        assert frame[0] == 3, frame
        return frame[2]

    async def boots(self) -> None:
        await self.call("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}})

    async def says(self, status: str, minute: float, evse: int = 1, connector: int = 1) -> None:
        said = {"timestamp": self.at(minute), "connectorStatus": status, "evseId": evse, "connectorId": connector}
        await self.call("StatusNotification", said)

    async def event(self, kind: str, minute: float, told: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
        """A TransactionEvent, numbered 0 as all of them."""
        trigger = {"Started": "Authorized", "Updated": "MeterValuePeriodic", "Ended": "EVDeparted"}[kind]
        payload = {
            "eventType": kind, "timestamp": self.at(minute), "triggerReason": trigger, "seqNo": 0,
            "transactionInfo": {"transactionId": "tx-1"} | (told or {}),
        } | rest  # fmt: skip
        return await self.call("TransactionEvent", payload)

    def at(self, minute: float) -> str:
        return (self.began + timedelta(minutes=minute)).isoformat()

    def reading(self, minute: float, wh: float, context: str = "Sample.Periodic") -> dict[str, Any]:
        return {"timestamp": self.at(minute), "sampledValue": [{"value": wh, "context": context}]}

    async def listen(self) -> None:
        """For as long as the line is open."""
        async for text in self.socket:
            frame = json.loads(text)
            if frame[0] != 2:
                self._awaited.pop(frame[1]).set_result(frame)
                continue
            self.asked.append(frame[2])
            self.told.append((frame[2], frame[3]))
            answer = self.answers.get(frame[2])
            error = [4, frame[1], "NotImplemented", "", {}]
            await self.socket.send(json.dumps(error if answer is None else [3, frame[1], answer]))


@asynccontextmanager
async def talker(
    site: Live, identity: str, began: datetime, speaks: tuple[str, ...] = ("ocpp2.0.1",)
) -> AsyncIterator[Talker]:
    """One that is connected and has booted; its minutes are counted from `began`."""
    secret = b64encode(f"{identity}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    options: dict[str, Any] = {"subprotocols": list(speaks), "proxy": None, "additional_headers": headers}
    async with connect(f"{site.ocpp_url}/{identity}", **options) as socket:
        station = Talker(socket, began, site.clock)
        listening = asyncio.create_task(station.listen())
        try:
            await station.boots()
            async with station.heart.beating(lambda: station.call("Heartbeat", {})):
                yield station
        finally:
            listening.cancel()
