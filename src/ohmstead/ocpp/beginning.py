"""The beginning of a connection: a charge point boots, or goes on without, which it may (OCPP leaves it open)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal

import structlog

from ohmstead.kit.clock import Clock
from ohmstead.ocpp.line import OnFrame
from ohmstead.rooms.network.stations import Command, Outcome, StationError, TriggerMessage

logger = structlog.get_logger()

Send = Callable[[Command], Awaitable[Outcome]]


class Beginning:
    """`watch` runs beside the connection: who has not booted after `timeout_s` s (None: is not waited for) is asked for
    a boot and for its statuses, and whatever it answers it is taken as it is.

    Where commands `hold` until then, `over` waits: for the boot, or for twice the timeout and what is asked between.
    `evses` are the outlets whose status is asked for; none asks for all at once, as OCPP 1.6 can.
    """

    def __init__(
        self, clock: Clock, timeout_s: float | None = None, hold: bool = False, evses: tuple[int, ...] = ()
    ) -> None:
        self._clock, self._timeout_s, self._hold, self._evses = clock, timeout_s, hold, evses
        self._booted = asyncio.Event()
        self._over = asyncio.Event()
        if timeout_s is None or not hold:
            self._over.set()

    async def over(self) -> None:
        """Return once commands may be sent."""
        await self._over.wait()

    def end(self) -> None:
        """Nothing more comes of it: whoever waits need not."""
        self._over.set()

    def listening(self, on_frame: OnFrame) -> OnFrame:
        """The communication log, and this beside it: a boot has happened when its answer is out."""
        if self._timeout_s is None:
            return on_frame

        def heard(at: datetime, direction: Literal["in", "out"], raw: bytes, action: str | None, *rest: Any) -> None:
            if action == "BootNotification" and direction == "out":
                self._booted.set()
            on_frame(at, direction, raw, action, *rest)

        return heard

    async def watch(self, send: Send) -> None:
        """See the class. `send` sends a command at once."""
        if self._timeout_s is None:
            return
        try:
            if not await self._boots(self._timeout_s):
                await self._ask(send, TriggerMessage(message="BootNotification"))
                if self._hold:
                    await self._boots(self._timeout_s)
                for evse in self._evses or (None,):
                    await self._ask(send, TriggerMessage(message="StatusNotification", evse_network_id=evse))
        finally:
            self.end()

    async def _boots(self, within_s: float) -> bool:
        waits = [asyncio.ensure_future(one) for one in (self._booted.wait(), self._clock.sleep(within_s))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        return self._booted.is_set()

    async def _ask(self, send: Send, command: TriggerMessage) -> None:
        try:
            outcome = await send(command)
            logger.info("no boot: asked for", message=command.message, answer=outcome.status)
        except StationError as error:
            logger.info("no boot: asked for", message=command.message, answer=str(error))
