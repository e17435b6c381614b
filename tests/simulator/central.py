"""A central system by script: checks every frame against the schemas of OCPP, answers as a test tells it to."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

SUBPROTOCOLS = {"v16": "ocpp1.6", "v201": "ocpp2.0.1", "v21": "ocpp2.1"}
NOW = "2026-01-05T08:00:00Z"


@cache
def schema(version: str, name: str) -> Any:
    text = (files(f"ocpp.{version}") / "schemas" / f"{name}.json").read_text("utf-8-sig")
    return jsonschema_rs.validator_for(json.loads(text), validate_formats=True)


@dataclass(frozen=True)
class Heard:
    """A call as it came in."""

    id: str
    action: str
    payload: dict[str, Any]
    socket: ServerConnection


class Withhold(Exception):
    """Raised by a scripted answer: none is sent."""


class Refuse(Exception):
    """Raised by a scripted answer: a CALLERROR with this code is sent."""


@dataclass
class Central:
    """`script` overrides the answer to an action; `heard` is every call so far, in order."""

    version: str = "v16"
    heard: list[Heard] = field(default_factory=list)
    sockets: list[ServerConnection] = field(default_factory=list)
    answers: dict[str, tuple[str, asyncio.Future[Any]]] = field(default_factory=dict)
    script: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    transactions: int = 100
    url: str = ""
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def serve(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        try:
            async for text in socket:
                await self.receive(socket, json.loads(text))
        except ConnectionClosed:
            pass
        async with self.news:
            self.news.notify_all()

    async def receive(self, socket: ServerConnection, frame: list[Any]) -> None:
        if frame[0] == 2:
            _, id, action, payload = frame
            self.check(action if self.version == "v16" else f"{action}Request", payload)
            await self.answer(Heard(id, action, payload, socket))
        elif frame[1] in self.answers:
            action, future = self.answers.pop(frame[1])
            if frame[0] == 3:
                self.check(f"{action}Response", frame[2])
            if not future.done():
                future.set_result(frame[2] if frame[0] == 3 else (frame[2], frame[3]))

    async def answer(self, call: Heard) -> None:
        self.heard.append(call)
        try:
            reply = [3, call.id, self.script.get(call.action, self.default(call.action))(call.payload)]
        except Withhold:
            reply = None
        except Refuse as code:
            reply = [4, call.id, str(code), "", {}]
        if reply:
            await call.socket.send(json.dumps(reply))
        async with self.news:
            self.news.notify_all()

    def default(self, action: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        if self.version != "v16" and action in ("Authorize", "TransactionEvent"):
            return lambda said: {"idTokenInfo": {"status": "Accepted"}} if "idToken" in said else {}
        return {
            "BootNotification": lambda _: {"status": "Accepted", "currentTime": NOW, "interval": 300},
            "Authorize": lambda _: {"idTagInfo": {"status": "Accepted"}},
            "Heartbeat": lambda _: {"currentTime": NOW},
            "StartTransaction": lambda _: {"transactionId": self.next_id(), "idTagInfo": {"status": "Accepted"}},
        }.get(action, lambda _: {})

    def next_id(self) -> int:
        self.transactions += 1
        return self.transactions

    def check(self, name: str, payload: dict[str, Any]) -> None:
        self.violations += [f"{name}: {error.message}" for error in schema(self.version, name).iter_errors(payload)]

    async def tell(self, action: str, payload: dict[str, Any] | None = None, *, lost: bool = False) -> Any:
        """Command the station that connected last: its answer's payload, or (code, description) of a CALLERROR."""
        id, answer = f"c{len(self.answers)}-{action}", asyncio.get_running_loop().create_future()
        self.answers[id] = (action, answer)
        await self.sockets[-1].send(json.dumps([2, id, action, payload or {}]))
        return None if lost else await answer

    def all(self, action: str) -> list[dict[str, Any]]:
        return [call.payload for call in self.heard if call.action == action]

    def statuses(self, connector: int = 1) -> list[str]:
        return [said["status"] for said in self.all("StatusNotification") if said["connectorId"] == connector]

    async def until(self, predicate: Callable[["Central"], bool]) -> None:
        async with self.news:
            await self.news.wait_for(lambda: predicate(self))

    async def hear(self, action: str, count: int = 1) -> dict[str, Any]:
        """The payload of the `count`-th call of an action, once it has come."""
        await self.until(lambda central: Counter(call.action for call in central.heard)[action] >= count)
        return self.all(action)[count - 1]


@asynccontextmanager
async def central_system(port: int = 0, password: bytes | None = None, version: str = "v16"):
    """A running central system that accepts everything until told otherwise; what it saw must obey the schemas."""
    central = Central(version=version)

    def authorize(socket: ServerConnection, request: Any) -> Any:
        given = request.headers.get("Authorization", "")
        if password is not None and not base64.b64decode(given.removeprefix("Basic ")).endswith(b":" + password):
            return socket.respond(401, "who are you?\n")
        return None

    async with serve(
        central.serve,
        "127.0.0.1",
        port,
        subprotocols=[Subprotocol(SUBPROTOCOLS[version])],
        process_request=authorize,
        close_timeout=0.2,
    ) as server:
        port = server.sockets[0].getsockname()[1]
        central.url = f"ws://127.0.0.1:{port}/ocpp"
        yield central
    assert central.violations == []
