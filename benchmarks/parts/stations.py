"""OCPP load: stations that cost next to nothing, each with one call outstanding, charging all the time.

They speak just enough WebSocket: their mask is zero, which a server undoes like any other.
"""

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from parts.processes import Burst

TEXT, CLOSE = 0x81, 0x88
NORMAL = (1000).to_bytes(2, "big")
MASKED = 0x80
BOOT = {"chargePointVendor": "Bench", "chargePointModel": "Bench 22", "firmwareVersion": "1.0"}


def frame(kind: int, payload: bytes) -> bytes:
    """A client's frame, under the mask 0."""
    size = len(payload)
    length = bytes([MASKED | size]) if size < 126 else bytes([MASKED | 126]) + size.to_bytes(2, "big")
    return bytes([kind]) + length + b"\0\0\0\0" + payload


def now() -> str:
    """The moment as stations write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def sample(value: str, measurand: str, unit: str, phase: str | None = None) -> dict[str, str]:
    """One sampled value as stations send them, the defaults spelled out."""
    told = {"value": value, "context": "Sample.Periodic", "measurand": measurand, "location": "Outlet", "unit": unit}
    return told | ({"phase": phase} if phase else {})


def meter_values(number: int, transaction: int, wh: int) -> dict[str, Any]:
    """A three-phase meter's whole picture: about 1.2 kB."""
    amps = [sample(f"{15.8 + 0.1 * (number + line) % 1:.1f}", "Current.Import", "A", f"L{line}") for line in (1, 2, 3)]
    volts = [sample(f"{229.5 + line:.1f}", "Voltage", "V", f"L{line}-N") for line in (1, 2, 3)]
    others = [
        sample(str(wh), "Energy.Active.Import.Register", "Wh"),
        sample("10950.0", "Power.Active.Import", "W"),
        sample("57", "SoC", "Percent"),
        sample("31.5", "Temperature", "Celsius"),
    ]
    values = [{"timestamp": now(), "sampledValue": others + amps + volts}]
    return {"connectorId": 1, "transactionId": transaction, "meterValue": values}


class Station(asyncio.Protocol):
    """One station's connection, in OCPP 1.6. `call` sends a call and waits for its result; the server's own calls are
    answered with what `answers` has for the action, else as not known."""

    subprotocol = "ocpp1.6"

    def __init__(self, host: str, path: str) -> None:
        self._host, self._path, self._came = host, path, b""
        self.identity = path.rpartition("/")[2]
        self._shaken, self.gone = False, asyncio.Event()
        self._answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._number, self.wh, self.transaction = 0, 0, 0
        self.tag = "BENCH"
        self.answers: dict[str, Any] = {}
        self.asked: dict[str, Any] = {}  # the last payload of each of the server's calls

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {self.subprotocol}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._came += data
        if not self._shaken:
            self._shake()
        while self._shaken and len(self._came) >= 2 and self._frame():
            continue

    def connection_lost(self, error: Exception | None) -> None:
        self.gone.set()
        self._settle(error or ConnectionError("the server closed the connection"))

    async def shaken(self) -> None:
        """Wait for the end of the handshake."""
        await self._answer

    async def introduce(self) -> None:
        """From a boot to a running charge."""
        await self.boot()
        await self.begin()

    async def boot(self) -> Any:
        """Say what it is; what it is told."""
        told = await self.call("BootNotification", BOOT)
        assert told["status"] == "Accepted", told
        return told

    async def begin(self) -> None:
        """Start a transaction at its one connector."""
        start = {"connectorId": 1, "idTag": self.tag, "meterStart": self.wh, "timestamp": now()}
        self.transaction = (await self.call("StartTransaction", start))["transactionId"]

    async def status(self, status: str) -> None:
        """Say what its one connector is in."""
        told = {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": now()}
        await self.call("StatusNotification", told)

    def metering(self) -> tuple[str, dict[str, Any]]:
        """The next message of its meter."""
        self.wh += 1
        return "MeterValues", meter_values(self._number, self.transaction, self.wh)

    def ending(self) -> tuple[str, dict[str, Any]]:
        """The end of its transaction, as of now."""
        return "StopTransaction", {"transactionId": self.transaction, "meterStop": self.wh, "timestamp": now()}

    async def call(self, action: str, payload: dict[str, Any]) -> Any:
        """The payload of the answer; RuntimeError for an error."""
        self._number += 1
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(frame(TEXT, msgspec.json.encode([2, str(self._number), action, payload])))
        kind, _, *rest = await self._answer
        if kind != 3:
            raise RuntimeError(f"{action}: {rest}")
        return rest[0]

    async def charge(self, deadline: float, burst: Burst) -> None:
        """Meter values one after another until the deadline."""
        while (sent := time.perf_counter()) < deadline:
            await self.call(*self.metering())
            burst.latencies.append(time.perf_counter() - sent)

    def drop(self) -> None:
        """Lose the line, without a word."""
        self._transport.abort()

    async def close(self) -> None:
        """Say goodbye, and wait until the server has hung up."""
        self._transport.write(frame(CLOSE, NORMAL))
        await self.gone.wait()

    def _shake(self) -> None:
        """Take the answer to the handshake off what came, once it is whole."""
        head, end, rest = self._came.partition(b"\r\n\r\n")
        if end:
            self._shaken, self._came = True, rest
            self._settle(None if head.startswith(b"HTTP/1.1 101") else ConnectionError(head.decode()))

    def _frame(self) -> bool:
        """Take one whole frame off what came, if there is one; servers' frames here are short."""
        size, start = self._came[1], 2
        if size == 126:
            size, start = int.from_bytes(self._came[2:4], "big"), 4
        if len(self._came) < start + size:
            return False
        kind, payload, self._came = self._came[0], self._came[start : start + size], self._came[start + size :]
        if kind == TEXT:
            self._take(msgspec.json.decode(payload))
        return True

    def _take(self, message: list[Any]) -> None:
        if message[0] == 2:
            self.asked[message[2]] = message[3]
            known = self.answers.get(message[2])
            answer = [3, message[1], known] if known else [4, message[1], "NotSupported", "", {}]
            self._transport.write(frame(TEXT, msgspec.json.encode(answer)))
        elif not self._answer.done():
            self._answer.set_result(message)

    def _settle(self, error: Exception | None) -> None:
        if self._answer.done():
            return
        if error is None:
            self._answer.set_result(None)
        else:
            self._answer.set_exception(error)


async def connect(
    url: str, identities: Iterable[str], make: type[Station] = Station, at_once: int = 20
) -> list[Station]:
    """Stations that hold an open connection, so many handshakes at a time."""
    parts, room = urlsplit(url), asyncio.Semaphore(at_once)

    async def one(identity: str) -> Station:
        async with room:
            loop = asyncio.get_running_loop()
            path = f"{parts.path}/{identity}"
            _, station = await loop.create_connection(lambda: make(parts.netloc, path), parts.hostname, parts.port)
            await station.shaken()
            return station

    return await asyncio.gather(*map(one, identities))


async def charge(stations: Iterable[Station], seconds: float) -> Burst:
    """All of them send meter values for so long."""
    burst, deadline = Burst(), time.perf_counter() + seconds
    await asyncio.gather(*(station.charge(deadline, burst) for station in stations))
    return burst
