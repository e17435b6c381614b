"""The station's calls: a bounded inbox, answered in the order of arrival, each error kept to its own call."""

import asyncio
from datetime import datetime

from msgspec import Struct

from ohmstead.kit.clock import Clock
from ohmstead.ocpp import wire
from ohmstead.ocpp.errors import ErrorCode, Refusal
from ohmstead.ocpp.line import Line
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.rooms import Rooms
from ohmstead.ocpp.units import AS_LABELLED, Units
from ohmstead.ocpp.versions import Answer, Arrival, Version
from ohmstead.ocpp.wire import Call, CallError, CallResult, Send

INBOX = 32
"""Calls that may wait for their answer; a station that pipelines more is read no further until one is answered."""


class Incoming(Struct, frozen=True):
    """A call as it came in."""

    frame: Call | Send
    raw: bytes
    at: datetime
    deviations: tuple[str, ...]


class Inbox:
    """Answers on a task of its own, so that a slow room never keeps the station's answers to us from being read."""

    def __init__(
        self, charge_point_id: int, version: Version, line: Line, rooms: Rooms, clock: Clock, units: Units = AS_LABELLED
    ) -> None:
        self._charge_point_id = charge_point_id
        self._version = version
        self._line = line
        self._rooms = rooms
        self._clock = clock
        self._units = units
        self._places: dict[str, int] = {}
        self._calls: asyncio.Queue[Incoming | None] = asyncio.Queue(INBOX)
        self._answering = asyncio.create_task(self._answer_in_order())

    async def put(self, call: Incoming) -> None:
        """Returns once there is room."""
        await self._calls.put(call)

    async def finish(self) -> None:
        """Answer what has come in, and no more."""
        await self._calls.put(None)
        await self._answering

    async def _answer_in_order(self) -> None:
        while (call := await self._calls.get()) is not None:
            reply = await self._answered(call)
            if isinstance(call.frame, Call):
                latency_s = (self._clock.now() - call.at).total_seconds()
                await self._line.reply(reply, call.frame.action, latency_s)

    async def _answered(self, call: Incoming) -> CallResult | CallError:
        frame, log = call.frame, self._line.log
        try:
            answer, request = self._read(call)
            response = await answer(request, self._arrival(call))
            return CallResult(frame.id, self._version.response(frame.action).write(response))
        except Refusal as refusal:
            log.warning("call refused", action=frame.action[:50], code=refusal.code, reason=refusal.description)
            return wire.error(frame.id, refusal.code, refusal.description, self._line.dialect)
        except Exception:
            log.exception("call failed", action=frame.action, message_id=frame.id)
            return wire.error(frame.id, ErrorCode.INTERNAL_ERROR, "the call failed here", self._line.dialect)

    def _arrival(self, call: Incoming) -> Arrival:
        return Arrival(self._charge_point_id, call.at, self._rooms, self._clock, self._places, self._units)

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
            self._line.received(call.raw, frame.id, frame.action, deviations=(*call.deviations, *odd))
