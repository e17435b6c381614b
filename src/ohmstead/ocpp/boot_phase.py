"""The beginning of a connection: a charge point boots, or goes on without, which it may (OCPP leaves it open)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from ohmstead.kit.clock import Clock
from ohmstead.ocpp.connection_settings import ConnectionSettings
from ohmstead.rooms.devices.stations import Command, Outcome, StationError, TriggerMessage

logger = structlog.get_logger()

Send = Callable[[Command], Awaitable[Outcome]]


class BootPhase:
    """`watch` runs beside the connection: who has not booted after `timeout_s` s (None: is not waited for) is asked for
    a boot and for its statuses, and whatever it answers it is taken as it is.

    Where commands `hold` until then, `over` waits: for the boot, or for twice the timeout and what is asked between.
    `evses` are the outlets whose status is asked for; none asks for all at once, as OCPP 1.6 can.
    """

    def __init__(
        self, clock: Clock, timeout_s: float | None = None, hold: bool = False, evses: tuple[int, ...] = ()
    ) -> None:
        self._clock, self._timeout_s, self._hold, self._evses = clock, timeout_s, hold, evses
        self._ended = self._has_booted = False
        self._stirred: asyncio.Future[None] | None = None  # while it is waited for the boot
        self._over = asyncio.Event() if timeout_s is not None and hold else None  # most never hold, and have none

    async def over(self) -> None:
        """Return once commands may be sent."""
        if self._over is not None:
            await self._over.wait()

    def end(self) -> None:
        """Nothing more comes of it: whoever waits need not."""
        self._ended = True
        if self._over is not None:
            self._over.set()

    def reconfigure(self, settings: ConnectionSettings) -> None:
        """Wait otherwise from now on, where it is still waited for the boot; the time it took until now counts."""
        if self._ended or self._timeout_s is None or settings.boot_timeout_s is None:
            return
        self._timeout_s, self._hold = settings.boot_timeout_s, settings.waits_for_boot
        self._stir()
        if self._hold:
            self._over = self._over or asyncio.Event()
            self._over.clear()
        elif self._over is not None:
            self._over.set()

    def booted(self) -> None:
        """The answer to a boot is out."""
        self._has_booted = True
        self._stir()

    def _stir(self) -> None:
        if self._stirred is not None and not self._stirred.done():
            self._stirred.set_result(None)

    async def watch(self, send: Send) -> None:
        """See the class. `send` sends a command at once."""
        if self._timeout_s is None:
            return
        try:
            if not await self._boots():
                await self._ask(send, TriggerMessage(message="BootNotification"))
                if self._hold:
                    await self._boots()
                for evse in self._evses or (None,):
                    await self._ask(send, TriggerMessage(message="StatusNotification", evse_network_id=evse))
        finally:
            self.end()

    async def _boots(self) -> bool:
        """Whether it does within the timeout, however long that becomes meanwhile."""
        since = self._clock.now()
        while not self._has_booted and (left_s := self._left_s(since)) > 0:
            self._stirred = asyncio.get_running_loop().create_future()
            sleeping = asyncio.create_task(self._clock.sleep(left_s))
            try:
                await asyncio.wait([self._stirred, sleeping], return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleeping.cancel()
                self._stirred = None
        return self._has_booted

    def _left_s(self, since: datetime) -> float:
        return (self._timeout_s or 0) - (self._clock.now() - since).total_seconds()

    async def _ask(self, send: Send, command: TriggerMessage) -> None:
        try:
            outcome = await send(command)
            logger.info("no boot: asked for", message=command.message, answer=outcome.status)
        except StationError as error:
            logger.info("no boot: asked for", message=command.message, answer=str(error))
        except Exception:
            logger.exception("no boot: not asked for", message=command.message)
