"""The station's calls: answered one after the other in the order of arrival, each error kept to its own call."""

import asyncio
from collections import deque
from datetime import datetime

from msgspec import Struct

from ohmstead.kit.clock import Clock
from ohmstead.ocpp import wire
from ohmstead.ocpp.errors import ErrorCode, Refusal
from ohmstead.ocpp.line import Line
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.rooms import Rooms
from ohmstead.ocpp.versions import Answer, Arrival, Version
from ohmstead.ocpp.wire import Call, CallError, CallResult, CallResultError, Send

INBOX = 32
"""Calls that may wait for their answer; a station that pipelines more is read no further until half are answered."""


class Incoming(Struct, frozen=True, gc=False):
    """A call as it came in."""

    frame: Call | Send
    raw: bytes
    at: datetime
    deviations: tuple[str, ...]


class Inbox:
    """Answers on a task of its own, so that a slow room never keeps the station's answers to us from being read."""

    def __init__(self, charge_point_id: int, version: Version, line: Line, rooms: Rooms, clock: Clock) -> None:
        self._charge_point_id = charge_point_id
        self._version = version
        self._line = line
        self._rooms = rooms
        self._clock = clock
        self._places: dict[str, int] = {}
        self._waiting: deque[Incoming | CallError | CallResultError] = deque()
        self._more: asyncio.Future[None] | None = None
        self._finishing = self._held = False
        self._answering = asyncio.create_task(self._answer_in_order())

    def put(self, item: Incoming | CallError | CallResultError) -> None:
        """Have a call answered when its turn comes; an answer that is one already is only sent."""
        self._waiting.append(item)
        if len(self._waiting) >= INBOX and not self._held:
            self._held = True
            self._line.hold()
        self._wake()

    async def finish(self) -> None:
        """Answer what has come in, and no more."""
        self._finishing = True
        self._wake()
        await self._answering

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    async def _answer_in_order(self) -> None:
        while True:
            while self._waiting:
                item = self._waiting.popleft()
                await (self._answer(item) if isinstance(item, Incoming) else self._line.reply(item, self._clock.now()))
                if self._held and len(self._waiting) <= INBOX // 2:
                    self._held = False
                    self._line.go_on()
            if self._finishing:
                return
            self._more = asyncio.get_running_loop().create_future()
            await self._more

    async def _answer(self, call: Incoming) -> None:
        frame, log = call.frame, self._line.log
        try:
            answer, request = self._read(call)
            arrival = Arrival(self._charge_point_id, call.at, self._rooms, self._clock, self._places)
            response = await answer(request, arrival)
            reply = CallResult(frame.id, self._version.response(frame.action).write(response))
        except Refusal as refusal:
            log.warning("call refused", action=frame.action[:50], code=refusal.code, reason=refusal.description)
            reply = wire.error(frame.id, refusal.code, refusal.description, self._line.dialect)
        except Exception:
            log.exception("call failed", action=frame.action, message_id=frame.id)
            reply = wire.error(frame.id, ErrorCode.INTERNAL_ERROR, "the call failed here", self._line.dialect)
        if isinstance(frame, Call):
            now = self._clock.now()
            await self._line.reply(reply, now, frame.action, (now - call.at).total_seconds())

    def _read(self, call: Incoming) -> tuple[Answer, Message]:
        frame, odd = call.frame, ()
        try:
            answer = self._version.answer(frame.action)
            request, odd = self._version.request(frame.action).read(frame.payload, call.at)
            return answer, request
        except Refusal as refusal:
            odd = (str(refusal),)
            raise
        finally:
            self._line.received(call.at, call.raw, frame.id, frame.action, deviations=(*call.deviations, *odd))
