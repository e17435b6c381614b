"""Batches: what many bring in the same moment is written together, and each is answered for its own."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from ohmstead.kit.db import DatabaseUnavailable

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 500

_Waiting = list[tuple[Item, asyncio.Future[Any]]]


class Batcher(Generic[Item, Result]):
    """Writes many items in one transaction: those of `gather_s` s, and all that gather while one is being written.
    Items with the same `key`, if there is one, go
    into different batches, in order. A batch that fails is tried item by item, so that a bad one hurts nobody else;
    where there are keys, the next batches do not wait for that, nor for an item that came alone.
    """

    def __init__(
        self,
        write: Callable[[list[Item]], Awaitable[Sequence[Result]]],
        gather_s: float,
        key: Callable[[Item], Hashable] | None = None,
    ) -> None:
        self._write, self._key, self._gather_s = write, key, gather_s
        self._waiting: _Waiting[Item] = []
        self._flushing: asyncio.Task[None] | None = None
        self._alone: dict[Hashable, asyncio.Task[None]] = {}

    def put(self, item: Item) -> "asyncio.Future[Result]":
        """Done once `item` is durable, with what `write` has for it."""
        written: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, written))
        self._go_on()
        return written

    def _go_on(self) -> None:
        if self._flushing is None and self._waiting:
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._waiting:
                if len(self._waiting) < BATCH:
                    await asyncio.sleep(self._gather_s)
                batch = self._next()
                if not batch:
                    break  # those who are tried alone go on with it
                await (self._write_batch(batch) if len(batch) > 1 else self._one_by_one(batch))
        finally:  # whatever ended it, the next item begins another
            self._flushing = None

    def _next(self) -> _Waiting[Item]:
        if self._key is None:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            return batch
        batch, later = [], []
        keys = set(self._alone)
        for item, written in self._waiting:
            key = self._key(item)
            (batch if len(batch) < BATCH and key not in keys else later).append((item, written))
            keys.add(key)
        self._waiting = later
        return batch

    async def _write_batch(self, batch: _Waiting[Item]) -> None:
        """Each learns what became of its item, whatever happens here."""
        try:
            results = await self._write([item for item, _ in batch])
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, DatabaseUnavailable):
                await self._one_by_one(batch)
            else:
                _fail(batch, error)
        except asyncio.CancelledError:
            _fail(batch, DatabaseUnavailable("the writing was broken off"))
            raise
        else:
            for (_, written), result in zip(batch, results, strict=False):
                if not written.done():
                    written.set_result(result)
            _fail(batch[len(results) :], RuntimeError("nothing was said of it"))

    async def _one_by_one(self, batch: _Waiting[Item]) -> None:
        for one in batch:
            if self._key is None:
                await self._write_batch([one])
            else:
                key = self._key(one[0])
                self._alone[key] = asyncio.create_task(self._beside(key, one))

    async def _beside(self, key: Hashable, one: tuple[Item, asyncio.Future[Any]]) -> None:
        try:
            await self._write_batch([one])
        finally:
            del self._alone[key]
            self._go_on()


def _fail(batch: "_Waiting[Any]", error: Exception) -> None:
    for _, written in batch:
        if not written.done():
            written.set_exception(error)
