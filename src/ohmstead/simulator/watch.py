"""Waiting for something to become true, woken by changes and never by polling."""

import asyncio
from collections.abc import Callable


class Watch:
    """Those who wait, each for a predicate of their own."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    async def until(self, predicate: Callable[[], bool]) -> None:
        """Return once the predicate holds: at once, or at the first change after which it does."""
        if predicate():
            return
        true: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((predicate, true))
        try:
            await true
        finally:
            self._waiting.remove((predicate, true))

    def changed(self) -> None:
        """Something is different now."""
        for predicate, true in self._waiting:
            if not true.done() and predicate():
                true.set_result(None)
