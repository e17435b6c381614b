"""A dispatcher over a database of its own, with a transport that does what a test wants."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from msgspec import Struct

from ohmstead.app.system import System
from ohmstead.kit.clock import Clock, SystemClock
from ohmstead.kit.db import Row
from ohmstead.kit.facts import Fact
from ohmstead.rooms.notices.dispatcher import Dispatcher
from ohmstead.rooms.notices.fan_out import FanOut
from ohmstead.rooms.notices.transport import Message, Outcome
from ohmstead.store.engine import PostgresDatabase
from ohmstead.store.outbox import OutboxReader
from tests.rooms.notices.noticed import TABLE, happen

FAST = 200.0
Answer = Callable[["Arrived"], Awaitable[Outcome]]


async def fine(_: "Arrived") -> Outcome:
    return Outcome(status=200, latency_ms=1)


async def broken(_: "Arrived") -> Outcome:
    return Outcome(status=500, error="HTTP 500", latency_ms=2)


class Arrived(Struct, frozen=True):
    """A message that reached a receiver."""

    url: str
    secret: str
    message: Message

    @property
    def number(self) -> int:
        """Which thing of its entity happened, as the event's order goes."""
        return int(self.message.id.removeprefix("msg_"))


class Receivers:
    """Everything that a transport reaches. `answer` says what becomes of a message; `seen` is what came, `taken` what
    was taken in."""

    def __init__(self) -> None:
        self.answer: Answer = fine
        self.seen: list[Arrived] = []
        self.taken: list[Arrived] = []
        self.at_once: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self.keys: Counter[tuple[str, str]] = Counter()
        self.closed: list[str] = []
        self.came = asyncio.Event()

    def factory(self, row: Row, secret: str) -> "Fake":
        return Fake(self, row["callback_url"], secret)

    def ids(self, entity: str | None = None) -> list[str]:
        """Of what was taken in, in the order of first arrivals."""
        return list(dict.fromkeys(one.message.id for one in self.taken if entity in (None, one.message.entity)))

    async def until(self, condition: Callable[[], bool], within_s: float = 10) -> None:
        """Wait until something holds that changes only when messages come."""
        async with asyncio.timeout(within_s):
            while not condition():
                self.came.clear()
                await self.came.wait()


class Fake:
    """A transport to one of them."""

    at_once = 8

    def __init__(self, receivers: Receivers, url: str, secret: str) -> None:
        self._to, self._url, self._secret = receivers, url, secret

    async def deliver(self, message: Message) -> Outcome:
        to, arrived = self._to, Arrived(self._url, self._secret, message)
        key = self._url, message.entity
        to.at_once[self._url] += 1
        to.keys[key] += 1
        assert to.keys[key] == 1, "one of an entity at a time"
        to.most_at_once[self._url] = max(to.most_at_once[self._url], to.at_once[self._url])
        to.seen.append(arrived)
        to.came.set()
        try:
            outcome = await to.answer(arrived)
        finally:
            to.at_once[self._url] -= 1
            to.keys[key] -= 1
        if outcome.error is None:
            to.taken.append(arrived)
        to.came.set()
        return outcome

    async def close(self) -> None:
        self._to.closed.append(self._url)
        self._to.came.set()


class Worker:
    """A process that fans out and sends."""

    def __init__(self, system: System, database: PostgresDatabase, clock: Clock, to: Receivers) -> None:
        self.vault, self.database, self.clock, self.receivers = system.vault, database, clock, to
        self.workers = 1
        fan_out = FanOut(database, clock, TABLE)
        self.reader = OutboxReader(database, fan_out)
        self.reader.told.connect(fan_out.announce)
        self.dispatcher = Dispatcher(database, system.vault, clock, {"webhook": to.factory}, lambda: self.workers)
        self._running: asyncio.Task[None] | None = None

    async def happen(self, *facts: Fact) -> None:
        """Facts are told and fanned out."""
        await happen(self, *facts)
        await self.reader.drain()

    def start(self) -> None:
        self._running = asyncio.create_task(self.dispatcher.run())

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running


@asynccontextmanager
async def worker(system: System, to: Receivers, clock: Clock | None = None) -> AsyncIterator[Worker]:
    """One that runs, in fast time."""
    clock = clock or SystemClock(FAST)
    async with AsyncExitStack() as stack:
        database = await PostgresDatabase.connect(system.dsn, clock, 6)
        stack.push_async_callback(database.close)
        made = Worker(system, database, clock, to)
        made.start()
        stack.push_async_callback(made.stop)
        yield made
