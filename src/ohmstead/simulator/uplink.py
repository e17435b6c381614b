"""A station's way to its central system: the line, the calls over it and the outbox behind it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ohmstead.kit.clock import Clock
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.frames import Call
from ohmstead.simulator.line import Address, Line, Patience
from ohmstead.simulator.message_queue import MessageQueue
from ohmstead.simulator.rpc import Rpc
from ohmstead.simulator.settings import Settings
from ohmstead.simulator.tasks import Tasks


@dataclass(frozen=True)
class Hooks:
    """What a station does at the turns of its line: `introduce` returns once the central system has accepted it."""

    introduce: Callable[[], Awaitable[None]]
    obey: Callable[[Call], Awaitable[None]]
    changed: Callable[[], None]
    trace: Callable[[str, str], None]


class Uplink:
    """`online` is set while the line is open and the station accepted."""

    def __init__(
        self,
        address: Address,
        clock: Clock,
        faults: Faults,
        dice: random.Random,
        settings: Settings,
        patience: Patience,
        tasks: Tasks,
        hooks: Hooks,
    ) -> None:
        self.line = Line(address, clock, dice, patience, self._opened, self._closed, self._received, hooks.changed)
        self.rpc = Rpc(self.line, clock, faults, hooks.obey, hooks.trace)
        self.outbox = MessageQueue(
            clock, self.rpc.call, lambda: settings.message_attempts, lambda: settings.message_retry_s, hooks.changed
        )
        self._hooks = hooks
        self._tasks = tasks
        self._introduction: asyncio.Task[None] | None = None

    @property
    def online(self) -> bool:
        return self.outbox.online.is_set()

    @property
    def open_calls(self) -> int:
        """Calls that wait for their turn or their answer, the outbox's own apart."""
        return self.rpc.open_calls - self.outbox.calling

    def start(self) -> None:
        """The power is on: connect, and deliver what is kept."""
        self._tasks.start(self.line.keep_open())
        self._tasks.start(self.outbox.deliver())

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The answer to a call. Unanswered or CallError otherwise."""
        try:
            return await self.rpc.call(action, payload)
        finally:
            self._hooks.changed()

    async def _received(self, text: str | bytes) -> None:
        await self.rpc.receive(text)
        self._hooks.changed()

    def _opened(self) -> None:
        self._introduction = self._tasks.start(self._introduce())

    async def _introduce(self) -> None:
        await self._hooks.introduce()
        self.outbox.online.set()
        self._hooks.changed()

    def _closed(self) -> None:
        self.outbox.online.clear()
        self.rpc.give_up()
        if self._introduction:
            self._introduction.cancel()
        self._hooks.changed()
