"""Waiting for something to become true, woken by changes and never by polling."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Subject = TypeVar("Subject")


class Watch(Generic[Subject]):
    """Those who wait for predicates over one subject."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._waiting: list[tuple[Callable[[Subject], bool], asyncio.Future[None]]] = []

    async def until(self, predicate: Callable[[Subject], bool]) -> None:
        """Return once `predicate(subject)` holds: at once, or at the first change after which it does."""
        if predicate(self._subject):
            return
        true: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((predicate, true))
        try:
            await true
        finally:
            self._waiting.remove((predicate, true))

    def changed(self) -> None:
        """Something about the subject is different now."""
        for predicate, true in self._waiting:
            if not true.done() and predicate(self._subject):
                true.set_result(None)
