"""Messages that must not be lost: kept while the line or the power is down, delivered in the order they were made."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ohmstead.kit.clock import Clock
from ohmstead.simulator.frames import CallError
from ohmstead.simulator.line import Unanswered

Payload = dict[str, Any]


@dataclass
class Message:
    """A call to be made until it is answered. `payload` is asked for at each attempt and says the same each time."""

    action: str
    payload: Callable[[], Payload]
    answered: Callable[[Payload], None]
    refusals: int = 0


@dataclass
class MessageQueue:
    """A queue with one worker (OCPP 1.6, 3.7.1: no later message overtakes one that is not answered yet).

    A lost answer is met with the same message again, for as long as it takes; a CALLERROR at most `attempts()` times,
    `interval_s()` s apart and further apart each time, after which the message is given up.
    """

    clock: Clock
    call: Callable[[str, Payload], Awaitable[Payload]]
    attempts: Callable[[], int]
    interval_s: Callable[[], float]
    changed: Callable[[], None]
    online: asyncio.Event = field(default_factory=asyncio.Event)
    calling: bool = False
    pausing: bool = False
    """Whether it waits before it makes a refused call again."""
    given_up: list[Message] = field(default_factory=list)
    _messages: deque[Message] = field(default_factory=deque)
    _filled: asyncio.Event = field(default_factory=asyncio.Event)

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: Message) -> None:
        self._messages.append(message)
        self._filled.set()

    async def deliver(self) -> None:
        """Work for ever."""
        while True:
            await self._filled.wait()
            await self.online.wait()
            await self._try(self._messages[0])
            if not self._messages:
                self._filled.clear()
            self.changed()

    async def _try(self, message: Message) -> None:
        self.calling = True
        try:
            answer = await self.call(message.action, message.payload())
        except Unanswered:
            return
        except CallError:
            await self._refused(message)
            return
        finally:
            self.calling = False
        self._messages.popleft()
        message.answered(answer)

    async def _refused(self, message: Message) -> None:
        message.refusals += 1
        if message.refusals >= self.attempts():
            self.given_up.append(self._messages.popleft())
            return
        self.pausing = True
        self.changed()
        try:
            await self.clock.sleep(self.interval_s() * message.refusals)
        finally:
            self.pausing = False
