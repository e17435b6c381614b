"""Background tasks that belong together: none is lost, none fails unseen, all end at once."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger("ohmstead.simulator")


class Tasks:
    """Holds running tasks until they end or are cancelled."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    def cancel(self) -> None:
        """End all of them, except the task that asks for it."""
        for task in self._running - {asyncio.current_task()}:
            task.cancel()

    async def ended(self) -> None:
        """Cancel all, and wait until they are gone."""
        self.cancel()
        await asyncio.gather(*(self._running - {asyncio.current_task()}), return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            log.error("a task of station %s failed", self.owner, exc_info=failure)
