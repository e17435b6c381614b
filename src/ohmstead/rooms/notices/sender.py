"""The sender of one subscription: loads what is due, sends it lane by lane, and has what came of it written."""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from msgspec import UNSET, UnsetType

from ohmstead.engines.delivery_schedule import pause_s
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, DatabaseUnavailable, Row
from ohmstead.kit.faults import Seldom, log_failure
from ohmstead.rooms.notices.circuit_breakers import Endpoint
from ohmstead.rooms.notices.lanes import Delivery, Lanes
from ohmstead.rooms.notices.loading import due
from ohmstead.rooms.notices.results import Result, Results, disable
from ohmstead.rooms.notices.transport import Outcome, Transport

log = structlog.get_logger("ohmstead.notices")

MOST_LOADED = 500
POLL_S = 1.0
LEAST_POLL_S = 0.25  # of the machine's, however fast the clock goes
GATHER_S = 0.03  # between two loads; and a load that found nothing is not repeated before ten times as long as it took
AGAIN_S = 1.0
ENDS_WITHIN_S = 2.0  # what was broken off, and the writing of what came before
FAILS_FOR = timedelta(days=5)
GONE = "The receiver answered 410 Gone."
TOO_LONG = "Nothing could be delivered for five days."


class Sender:
    """Sends from `start` until `stop`. `ended` is called when it disabled its subscription."""

    def __init__(
        self, subscription: Row, transport: Transport, database: Database, clock: Clock, results: Results,
        attempted: Callable[[str, Outcome], None], ended: Callable[[], None],
    ) -> None:  # fmt: skip
        self.subscription, self.transport = subscription, transport
        self._database, self._clock, self._results = database, clock, results
        self._attempted, self._ended = attempted, ended
        self._failing_since: datetime | None = subscription["failing_since"]
        self._lanes = Lanes()
        self._in_flight: set[asyncio.Task[Any]] = set()
        self._writing: set[asyncio.Future[Any]] = set()
        self._disabling: set[asyncio.Task[Any]] = set()
        self._wake = asyncio.Event()
        self._seldom = Seldom()
        self._more = self._closing = False
        self._full = 0
        self.most = MOST_LOADED

    @property
    def id(self) -> int:
        """Of its subscription."""
        return self.subscription["id"]

    def start(self, endpoint: Endpoint) -> None:
        """Begin; `endpoint` is where it sends to, which it has joined."""
        self._endpoint = endpoint
        self._loading = asyncio.create_task(self._load_for_ever())

    def wake(self) -> None:
        """There may be something new."""
        self._wake.set()

    async def stop(self, grace_s: float) -> None:
        """Begin nothing more; what is in flight may end within `grace_s` s, and stays pending where it does not."""
        self._closing = True
        self._loading.cancel()
        await _ended(self._in_flight, grace_s)
        self.break_off()
        await _ended(self._in_flight, ENDS_WITHIN_S)
        await _ended(self._writing, ENDS_WITHIN_S)
        for task in (*self._writing, *self._disabling):
            task.cancel()
        await asyncio.wait([self._loading])
        await self.transport.close()

    def break_off(self) -> None:
        """Begin nothing more, and wait for nothing that is in flight."""
        self._closing = True
        for task in tuple(self._in_flight):
            task.cancel()

    async def _load_for_ever(self) -> None:
        while True:
            pause = AGAIN_S
            try:
                pause = await self._load()
            except DatabaseUnavailable as error:
                if self._seldom.passes(repr(error)):
                    log.warning("deliveries not loaded", subscription=self.id, why=f"database away: {error}")
            except Exception as error:
                log_failure(log, "deliveries not loaded", error, subscription=self.id)
            await asyncio.sleep(pause)
            await self._rest()

    async def _load(self) -> float:
        """Load where there is room; how long to let the database rest then, in s. While nobody answers nothing is kept:
        it may be long, and bodies may be changed by then, for a user is erased."""
        self._wake.clear()
        if self._endpoint.pausing:
            self._lanes.let_go()
        if not self._hungry or self._endpoint.pausing:
            self._more = True
            return GATHER_S
        began, room = time.perf_counter(), self.most - len(self._lanes.ids)
        loaded, held = self._lanes.begin_load()
        found = await due(self._database, self.id, loaded, held, room)
        self._lanes.take(found)
        self._more, self._full = len(found) == room, len(self._lanes.full)
        self._endpoint.pump()
        return GATHER_S if found else max(GATHER_S, 10 * (time.perf_counter() - began))

    @property
    def _hungry(self) -> bool:
        """Whether there is room and something to be loaded, as far as is known."""
        return len(self._lanes.ids) <= self.most // 2

    async def _rest(self) -> None:
        """Until there is something new, or something may have fallen due."""
        if self._more and self._hungry and not self._endpoint.pausing:
            return
        poll = asyncio.create_task(self._clock.sleep(max(POLL_S, LEAST_POLL_S * self._clock.speed)))
        woken = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait((poll, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            poll.cancel()
            woken.cancel()

    def start_one(self) -> bool:
        """Send one more message, where there is one that may be sent."""
        one = None if self._closing else self._lanes.next()
        if one is None:
            return False
        task = asyncio.create_task(self._deliver(one))
        self._in_flight.add(task)
        task.add_done_callback(partial(self._sent, one, self._endpoint.begin(), self._clock.now()))
        return True

    async def _deliver(self, one: Delivery) -> Outcome:
        try:
            return await self.transport.deliver(one.message)
        except Exception as error:  # which a transport should not
            log_failure(log, "delivery failed", error, subscription=self.id)
            return Outcome(error=repr(error))

    def _sent(self, one: Delivery, probe: bool, at: datetime, task: "asyncio.Task[Outcome]") -> None:
        self._in_flight.discard(task)
        if task.cancelled():
            self._endpoint.end(probe, None)
            return
        outcome = task.result()
        result = self._judged(one, at, outcome)
        (self._lanes.failed if result.status == "pending" else self._lanes.went)(one)
        written = self._results.put(result)
        self._writing.add(written)
        written.add_done_callback(partial(self._written, one))
        if outcome.gone:
            self._disable(GONE)
        elif outcome.error and self._failing_since and at - self._failing_since >= FAILS_FOR:
            self._disable(TOO_LONG)
        self._endpoint.end(probe, result.status == "delivered")
        self._attempted(self.subscription["via"], outcome)

    def _judged(self, one: Delivery, at: datetime, outcome: Outcome) -> Result:
        known: dict[str, Any] = {"delivery": one, "subscription_id": self.id, "at": at, "outcome": outcome}
        if outcome.error is None and not outcome.gone:
            return Result(**known, status="delivered", failing_since=self._fails(None))
        pause = None if outcome.gone else pause_s(one.attempts + 1, random.random(), outcome.retry_after_s)
        failing_since = self._fails(self._failing_since or at)
        if pause is None:
            return Result(**known, status="failed", failing_since=failing_since)
        due_at = self._clock.now() + timedelta(seconds=pause)
        return Result(**known, status="pending", due_at=due_at, failing_since=failing_since)

    def _fails(self, since: datetime | None) -> datetime | UnsetType | None:
        """Since when nothing arrives; UNSET where that is as it was."""
        before, self._failing_since = self._failing_since, since
        return UNSET if since == before else since

    def _written(self, one: Delivery, written: "asyncio.Future[None]") -> None:
        self._writing.discard(written)
        if written.cancelled():
            return
        if isinstance(
            error := written.exception(), Exception
        ):  # it is not loaded again here, for it would be sent on and on
            log_failure(log, "what came of a delivery is not written", error, delivery=one.id)
            return
        self._lanes.written(one)
        if self._hungry and (self._more or len(self._lanes.full) < self._full):
            self.wake()

    def _disable(self, reason: str) -> None:
        if not self._closing:
            self._closing = True
            self._begin(self._disabling, self._disabled(reason))

    async def _disabled(self, reason: str) -> None:
        """Once all that is in flight has come to its end."""
        while pending := (*self._in_flight, *self._writing):
            await asyncio.wait(pending)
        while True:
            try:
                async with self._database.begin() as tx:
                    done = await disable(tx, self.subscription, reason)
                break
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_S)
        if done:
            log.warning("subscription disabled", subscription=self.id, why=reason)
        self._ended()

    def _begin(self, tasks: "set[asyncio.Task[Any]]", work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def _ended(tasks: "Collection[asyncio.Future[Any]]", within_s: float) -> None:
    if tasks:
        await asyncio.wait(tuple(tasks), timeout=within_s)
