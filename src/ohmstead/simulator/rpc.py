"""Calls over a line: ours wait for their answers one at a time, those of the central system are handed on."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ohmstead.kit.clock import Clock
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.frames import Call, CallError, Result, decode
from ohmstead.simulator.line import Line, Unanswered


@dataclass
class Rpc:
    """OCPP-J's remote procedure calls (OCPP-J 1.6, 4.1).

    `trace` sees each frame after "<" (came in), ">" (went out) or "x" (should have gone out, but for a fault).
    """

    line: Line
    clock: Clock
    faults: Faults
    on_call: Callable[[Call], Awaitable[None]]
    trace: Callable[[str, str], None]
    open_calls: int = 0
    """Calls that wait for their turn or for their answer."""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _awaited: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Make a call when it is its turn; the payload of its result. Unanswered or CallError otherwise."""
        self.open_calls += 1
        try:
            async with self._turn:
                return await self._exchange(Call(str(uuid.uuid4()), action, payload))
        finally:
            self.open_calls -= 1

    async def send(self, frame: Call | Result | CallError, *, lost: bool = False) -> None:
        """Put a frame on the line, unless it is to be lost on the way; Unanswered when there is no line."""
        text = frame.encode()
        if lost or self.faults.frozen:
            self.trace("x", text)
            return
        self.trace(">", text)
        await self.line.send(text)

    async def receive(self, text: str | bytes) -> None:
        """Take what arrived. What is no frame is dropped, as is an answer nobody waits for."""
        self.trace("<", text if isinstance(text, str) else text.decode(errors="replace"))
        frame = decode(text)
        if isinstance(frame, Call):
            await self.on_call(frame)
        elif frame and not self.faults.takes("lose_answers_received"):
            self._answered(frame)

    def give_up(self) -> None:
        """The line is gone, and the answers that were awaited on it."""
        for answer in self._awaited.values():
            if not answer.done():
                answer.set_exception(Unanswered("the line broke"))

    def _answered(self, frame: Result | CallError) -> None:
        answer = self._awaited.get(frame.id)
        if answer is None or answer.done():
            return
        if isinstance(frame, Result):
            answer.set_result(frame.payload)
        else:
            answer.set_exception(frame)

    async def _exchange(self, call: Call) -> dict[str, Any]:
        answer = self._awaited[call.id] = asyncio.get_running_loop().create_future()
        patience = asyncio.create_task(self.clock.sleep(self.line.patience.answer_s))
        try:
            await self.send(call)
            await asyncio.wait({answer, patience}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise Unanswered(f"no answer to {call.action} in time")
            return answer.result()
        finally:
            patience.cancel()
            del self._awaited[call.id]
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # looked at, even if the sending itself failed first
