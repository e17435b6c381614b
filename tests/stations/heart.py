"""The heart of a scripted station: it beats while its script has it say nothing, so that the station is not taken for
gone where a clock goes fast, or the machine slowly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed

from ohmstead.kit.clock import Clock

EVERY_S = 60.0  # by the clock


class Heart:
    """Beats from the first thing the station says."""

    def __init__(self, clock: Clock) -> None:
        self._pause_s = EVERY_S / clock.speed
        self._spoke_at: float | None = None

    def spoke(self) -> None:
        """The station said something."""
        self._spoke_at = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def beating(self, beat: Callable[[], Awaitable[Any]]) -> AsyncIterator[None]:
        """As long as it is plugged in."""
        task = asyncio.create_task(self._beat(beat))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed, TimeoutError):
                await task

    async def _beat(self, beat: Callable[[], Awaitable[Any]]) -> None:
        now = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(self._pause_s)
            if self._spoke_at is not None and now() - self._spoke_at >= self._pause_s:
                await beat()
