"""Our calls to the station: one outstanding at a time, each waiting for its answer no longer than allowed."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct

from ohmstead.kit.clock import Clock
from ohmstead.ocpp import wire
from ohmstead.ocpp.errors import ErrorCode, Refusal, understood
from ohmstead.ocpp.line import Line, SocketClosed
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.versions import Payload, UntypedPayload, Version
from ohmstead.ocpp.wire import RESULT_ERROR, Call, CallError, CallResult, CallResultError
from ohmstead.rooms.devices.stations import StationOffline, StationRefused, StationSilent, StationUntold


class _Waiting(Struct):
    """A call that the station has not answered yet."""

    action: str
    response: Payload | UntypedPayload
    sent_at: datetime
    answered: asyncio.Future[Any]

    def fail(self, error: Exception) -> None:
        if not self.answered.done():
            self.answered.set_exception(error)


class PendingCalls:
    """Calls by message id. An answer that comes too late, or to no call of ours, is logged and passed over."""

    def __init__(self, version: Version, line: Line, clock: Clock, timeout_s: float) -> None:
        self._version = version
        self._line = line
        self._clock = clock
        self.timeout_s = timeout_s  # of the calls that are sent from now on
        self.closed = False
        self._turn = asyncio.Lock()
        self._waiting: dict[str, _Waiting] = {}

    async def call(self, action: str, request: Message) -> Message:
        """Send a call when it is our turn and return the response; raises a `StationError`."""
        try:
            payload = self._version.request(action).write(request)
        except msgspec.ValidationError as invalid:
            raise StationRefused(ErrorCode.FORMAT_VIOLATION, f"{action} cannot say this: {invalid}") from invalid
        return await self._in_turn(Call(str(uuid4()), action, payload), self._version.response(action))

    async def call_raw(self, action: str, payload: Any) -> Any:
        """Send a call as it is given and return the answer as it is sent; raises a `StationError`."""
        try:
            written = self._version.as_given(action, payload)
        except msgspec.ValidationError as invalid:
            raise StationUntold(f"This is no {action}: {invalid}") from invalid
        return await self._in_turn(Call(str(uuid4()), action, written), UntypedPayload())

    def close(self) -> None:
        """Fail every call that waits or is still to be sent."""
        self.closed = True
        for waiting in self._waiting.values():
            waiting.fail(StationOffline())

    def take_result(
        self, frame: CallResult, raw: bytes, at: datetime, deviations: tuple[str, ...]
    ) -> CallResultError | None:
        """Hand the response to whoever waits for it; nonsense becomes a `StationRefused`, and where the version knows
        one an answer to the station."""
        if (waiting := self._answered(frame.id, raw, at, deviations)) is None:
            return None
        latency_s = (at - waiting.sent_at).total_seconds()
        try:
            response, odd = waiting.response.read(frame.payload, at)
        except Exception as error:
            refusal = _refusal(error)
            self._line.received(at, raw, frame.id, waiting.action, latency_s, (*deviations, str(refusal)))
            waiting.fail(StationRefused(refusal.code, f"its answer makes no sense: {refusal.description}"))
            return self._complaint(frame.id, refusal)
        self._line.received(at, raw, frame.id, waiting.action, latency_s, (*deviations, *odd))
        if not waiting.answered.done():
            waiting.answered.set_result(response)
        return None

    def take_error(self, frame: CallError, raw: bytes, at: datetime, deviations: tuple[str, ...]) -> None:
        """The station would not have it."""
        if (waiting := self._answered(frame.id, raw, at, deviations)) is None:
            return
        latency_s = (at - waiting.sent_at).total_seconds()
        self._line.received(at, raw, frame.id, waiting.action, latency_s, deviations)
        waiting.fail(StationRefused(understood(frame.code), frame.description or ""))

    def take_malformed(self, message_id: str, code: ErrorCode, reason: str) -> None:
        """A frame that should have been an answer is none; nobody need wait any longer."""
        if waiting := self._waiting.get(message_id):
            waiting.fail(StationRefused(code, reason))

    async def _in_turn(self, call: Call, response: Payload | UntypedPayload) -> Any:
        async with self._turn:
            if self.closed:
                raise StationOffline
            return await self._asked(call, response)

    async def _asked(self, call: Call, response: Payload | UntypedPayload) -> Any:
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(call.action, response, self._clock.now(), answered)
        self._waiting[call.id] = waiting
        timeout_s = self.timeout_s
        alarm = asyncio.create_task(self._clock.sleep(timeout_s))
        alarm.add_done_callback(lambda _: waiting.fail(StationSilent(timeout_s)))
        try:
            await self._deliver(call, waiting)
            return await answered
        finally:
            answered.cancel()
            alarm.cancel()
            self._waiting.pop(call.id, None)

    async def _deliver(self, call: Call, waiting: _Waiting) -> None:
        try:
            await self._line.send(call, waiting.sent_at, call.action)
        except SocketClosed:
            waiting.fail(StationOffline())

    def _answered(self, message_id: str, raw: bytes, at: datetime, deviations: tuple[str, ...]) -> _Waiting | None:
        waiting = self._waiting.pop(message_id, None)
        if waiting is None:
            self._line.received(at, raw, message_id, deviations=(*deviations, "answers no call that is waiting"))
            self._line.log.info("late or unknown answer", message_id=message_id)
        return waiting

    def _complaint(self, message_id: str, refusal: Refusal) -> CallResultError | None:
        dialect = self._line.dialect
        if RESULT_ERROR not in dialect.message_types:
            return None
        return wire.result_error(message_id, refusal.code, refusal.description, dialect)


def _refusal(error: Exception) -> Refusal:
    """Why an answer was not understood, where even that went wrong: whoever waits for it must not wait on."""
    return error if isinstance(error, Refusal) else Refusal(ErrorCode.INTERNAL_ERROR, f"it could not be read: {error}")
