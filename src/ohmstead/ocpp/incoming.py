"""The station's calls: answered one after the other in the order of arrival, each error kept to its own call."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import DatabaseUnavailable
from ohmstead.kit.errors import Invalid
from ohmstead.ocpp import wire
from ohmstead.ocpp.drift import Drift
from ohmstead.ocpp.errors import ErrorCode, Refusal
from ohmstead.ocpp.fact_intake import Rooms
from ohmstead.ocpp.line import Asked, Line
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.payload_repair import NOTED
from ohmstead.ocpp.reading import ESCAPE
from ohmstead.ocpp.surviving import survivable
from ohmstead.ocpp.units import Units
from ohmstead.ocpp.versions import Answer, Arrival, DeferredAnswer, Version
from ohmstead.ocpp.wire import Call, CallError, CallResult, CallResultError, Send
from ohmstead.rooms.devices.facts import ClockTold

BOOT = "BootNotification"
INBOX = 32
"""Calls that may wait for their answer; a station that pipelines more is read no further until half are answered."""
MOST_LATER = 4
"""Calls whose answers may be under way beside the others; those after the next one wait."""


class _Call(Struct, frozen=True, gc=False):
    """A call that was understood."""

    frame: Call | Send
    at: datetime
    answer: Answer
    request: Message
    logged: Any


class _Answered(Struct, frozen=True, gc=False):
    """An answer that waits for its turn."""

    frame: CallError | CallResultError
    asked: Asked


class Inbox:
    """Answers on a task of its own, so that a slow room never keeps the station's answers to us from being read."""

    def __init__(
        self,
        charge_point_id: int,
        version: Version,
        line: Line,
        rooms: Rooms,
        clock: Clock,
        units: Units,
        booted: Callable[[], None],
    ) -> None:
        self._charge_point_id = charge_point_id
        self._version = version
        self._line = line
        self._rooms = rooms
        self._clock = clock
        self.units = units  # of the messages that are answered from now on
        self._booted = booted
        self._places: dict[str, int] = {}
        self._waiting: list[_Call | _Answered] = []  # of at most 32: a deque takes 760 bytes when it is empty
        self._more: asyncio.Future[None] | None = None
        self._finishing = self._held = False
        self._watch = version.watch()
        self._drift = Drift()
        self._odd: list[str] = []  # what was found odd about the call that is being answered
        self._note = self._odd.append
        self._later: list[asyncio.Task[None]] = []
        self._answering = asyncio.create_task(self._answer_in_order())

    def take(self, frame: Call | Send, raw: bytes, at: datetime, deviations: tuple[str, ...]) -> None:
        """Read a call, and have it answered when its turn comes."""
        try:
            call = self._read(frame, raw, at, deviations)
        except Exception as error:
            if isinstance(frame, Call):
                self._queue(_Answered(self._failure(frame, error), Asked(frame.action, at)))
        else:
            self._queue(call)

    def say(self, answer: CallError | CallResultError, asked: Asked) -> None:
        """Send an answer when its turn comes."""
        self._queue(_Answered(answer, asked))

    async def finish(self) -> None:
        """Answer what has come in, and no more."""
        self._finishing = True
        self._wake()
        await self._answering
        for later in self._later:
            later.cancel()

    def _queue(self, item: _Call | _Answered) -> None:
        self._waiting.append(item)
        if len(self._waiting) >= INBOX and not self._held:
            self._held = True
            self._line.hold()
        self._wake()

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    async def _answer_in_order(self) -> None:
        """Whatever fails of one item, the next has its turn."""
        while True:
            while self._waiting:
                item = self._waiting.pop(0)
                try:
                    if isinstance(item, _Call):
                        await self._answer(item)
                    elif slowly := self._line.reply(item.frame, self._clock.now(), item.asked):
                        await slowly
                except BaseException as error:
                    if not survivable(error):
                        raise
                    self._line.log.error("answering failed", exc_info=error)
                if self._held and len(self._waiting) <= INBOX // 2:
                    self._held = False
                    self._line.go_on()
            if self._finishing:
                return
            self._more = asyncio.get_running_loop().create_future()
            await self._more

    async def _answer(self, call: _Call) -> None:
        drift = self._watched(call)
        try:
            arrival = Arrival(
                self._charge_point_id, call.at, self._rooms, self._clock, self._places, self.units,
                self._drift.beyond, self._note,
            )  # fmt: skip
            response = await call.answer(call.request, arrival)
            reply = response if isinstance(response, DeferredAnswer) else self._result(call.frame, response)
        except BaseException as error:
            reply = self._failure(call.frame, error)
        if isinstance(reply, DeferredAnswer):
            await self._answer_later(call, reply)
        elif slowly := self._reply(call, reply):
            await slowly
        if call.frame.action == BOOT:
            self._booted()
        if drift is not None:  # where it cannot be told now it is told again; until then nobody misses it
            await self._rooms.clock_told(
                ClockTold(charge_point_id=self._charge_point_id, drift_s=drift.total_seconds(), received_at=call.at)
            )

    def _watched(self, call: _Call) -> timedelta | None:
        """The drift that is to be told. A moment that is too odd for it is the handler's to judge."""
        try:
            return self._drift.watch(call.request, call.at)
        except Exception as error:
            self._line.log.error("clock not watched", action=call.frame.action, exc_info=error)
            return None

    async def _answer_later(self, call: _Call, later: DeferredAnswer) -> None:
        """Beside what comes next; in its turn where too many are under way."""
        answering = asyncio.create_task(self._catch_up(call, later))
        if len(self._later) >= MOST_LATER:
            await answering
        else:
            self._later.append(answering)
            answering.add_done_callback(self._later.remove)

    async def _catch_up(self, call: _Call, later: DeferredAnswer) -> None:
        try:
            reply = self._result(call.frame, await later.response())
        except BaseException as error:
            reply = self._failure(call.frame, error)
        if slowly := self._reply(call, reply):
            await slowly

    def _result(self, frame: Call | Send, response: Message) -> CallResult:
        return CallResult(frame.id, self._version.response(frame.action).write(response))

    def _reply(self, call: _Call, reply: CallResult | CallError) -> Awaitable[None] | None:
        """What is returned has to be waited for. Who only sends wants no answer; one that cannot be written is answered
        with an error."""
        odd = self._noted() if self._odd else ()
        if not isinstance(call.frame, Call):
            return None
        asked = Asked(call.frame.action, call.at, call.logged, odd)
        try:
            return self._line.reply(reply, self._clock.now(), asked)
        except Exception as error:
            return self._line.reply(self._failure(call.frame, error), self._clock.now(), asked)

    def _noted(self) -> tuple[str, ...]:
        noted = tuple(self._odd[:NOTED])
        self._odd.clear()
        return noted

    def _failure(self, frame: Call | Send, error: BaseException) -> CallError:
        """The error that answers a call; raises what is to end the task that answers."""
        if not survivable(error):
            raise error
        log, dialect = self._line.log, self._line.dialect
        if isinstance(error, Invalid):  # of the room: a value that no column holds
            error = Refusal(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, f"a value cannot be kept: {error.errors or ''}")
        if isinstance(error, Refusal):
            log.warning("call refused", action=frame.action[:50], code=error.code, reason=error.description)
            return wire.error(frame.id, error.code, error.description, dialect)
        if isinstance(error, DatabaseUnavailable):
            log.warning("call failed", action=frame.action, message_id=frame.id, why=f"database away: {error}")
        else:
            log.error("call failed", action=frame.action, message_id=frame.id, exc_info=error)
        return wire.error(frame.id, ErrorCode.INTERNAL_ERROR, "the call failed here", dialect)

    def _read(self, frame: Call | Send, raw: bytes, at: datetime, deviations: tuple[str, ...]) -> _Call:
        try:
            answer = self._version.answer(frame.action)
            request, odd = self._version.request(frame.action).read(
                frame.payload, at, ESCAPE in raw or bool(deviations)
            )
        except Refusal as refusal:
            self._line.received(at, raw, frame.id, frame.action, deviations=(*deviations, str(refusal)))
            raise
        odd = (*deviations, *odd, *self._watch(request))
        logged = self._line.received(at, raw, frame.id, frame.action, deviations=odd)
        return _Call(frame, at, answer, request, logged)
