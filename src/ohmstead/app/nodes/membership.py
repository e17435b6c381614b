"""Membership: this node among the others: it says that it lives, notices who no longer does, and leads or not."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from ohmstead.kit.db import DatabaseUnavailable, Row
from ohmstead.kit.signals import Signal
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.presence import nodes
from ohmstead.rooms.devices.presence.nodes import DEAD_AFTER, NAMES, NameTaken
from ohmstead.store.engine import PostgresDatabase

log = structlog.get_logger("ohmstead.nodes")

LEADER = 0x1EAD  # an advisory lock: whoever holds it does what only one may do
BEAT_S = 2.0
SURE_S = 6.0  # so long after its last beat a node knows that no other has taken it for dead
PATIENCE_S = DEAD_AFTER.total_seconds() + BEAT_S  # for a node of our name that may be about to end
STEERS = ("all", "worker")  # the roles that run load management


class Membership:
    """Joins at `join`, lives as long as `run` runs. Times of life and death are those of the wall.

    A node that could not reach the database for 10 s may be taken for dead. When it finds out, `buried` is sent, and
    it joins anew under another id.
    """

    def __init__(self, database: PostgresDatabase, name: str, role: str) -> None:
        self._database, self.name, self.role = database, name, role
        self.id: int | None = None
        self.others: dict[int, Row] = {}
        self.changed = Signal()  # (ids of the nodes that went): somebody came, went, or leads
        self.buried = Signal()
        self.rung = Signal()  # a letter may have come
        self.joined = asyncio.Event()
        self._wake = asyncio.Event()
        self._led, self._deposed = asyncio.Event(), asyncio.Event()
        self._said_at = self._steady_since = 0.0

    @property
    def leads(self) -> bool:
        """Whether this node does what only one may do."""
        return self._led.is_set()

    @property
    def workers(self) -> list[int]:
        """The other nodes that run load management."""
        return [id for id, row in self.others.items() if row["role"] in STEERS]

    @property
    def steering(self) -> int:
        """How many nodes run load management, with this one."""
        return len(self.workers) + (self.role in STEERS)

    def sure(self, id: int | None) -> bool:
        """Whether this node still is the one of this id, in the eyes of every other."""
        return id is not None and id == self.id and time.monotonic() - self._said_at < SURE_S

    async def join(self) -> None:
        """Enter the list; stations of nodes that are gone count as gone. NameTaken where our name lives elsewhere."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                await self._enter()
                return
            except NameTaken:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(BEAT_S / 10)

    async def _enter(self) -> None:
        began = time.monotonic()
        async with self._database.begin() as tx:
            entered = await nodes.join(tx, self.name, self.role)
            await presence.disconnect_forsaken(tx)
            everyone = await nodes.everyone(tx)
        self.id, self._said_at, self._steady_since = entered, began, began
        self._take(everyone)
        self.joined.set()
        self.changed.send(set())

    async def run(self) -> None:
        """Beat for ever, on a connection of its own that hears the others."""
        while True:
            with suppress(DatabaseUnavailable, NameTaken, asyncpg.PostgresError):
                if self.id is None:
                    await self._enter()
                assert self.id is not None
                async with self._database.dedicated() as line:
                    await line.add_listener("nodes", lambda *_: self._wake.set())
                    await line.add_listener(nodes.channel_of(self.id), lambda *_: self.rung.send())
                    await self._live(line)
            self._led.clear()
            self._deposed.set()
            await asyncio.sleep(BEAT_S / 4)

    async def _live(self, line: Any) -> None:
        """As long as the connection is there and nobody has taken us for dead."""
        await line.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", NAMES, self.name)
        while not line.is_closed():
            if self.role in STEERS and not self._led.is_set() and await _locked(line):
                self._led.set()
                self._deposed.clear()
                self.changed.send(set())
            self._wake.clear()
            if not await self._beat():
                self._died()
                return
            if self.others:
                self.rung.send()  # should a NOTIFY have been missed
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    await self._wake.wait()

    async def _beat(self) -> bool:
        """Say that we live and look who else does. Whoever was cut off itself buries nobody before it has been back
        for as long as it takes to die: the others may just be coming back too."""
        began = time.monotonic()
        if began - self._said_at > SURE_S:
            self._steady_since = began
        async with self._database.begin() as tx:
            assert self.id is not None
            if not await nodes.heartbeat(tx, self.id):
                return False
            if began - self._steady_since > DEAD_AFTER.total_seconds():
                await self._bury(tx, self.id)
            everyone = await nodes.everyone(tx)
        self._said_at = began
        self._take(everyone)
        return True

    async def _bury(self, tx: Any, me: int) -> None:
        for gone in await nodes.evict(tx, me):
            lost = await presence.disconnect_forsaken(tx)
            log.error("a node is gone", name=gone["name"], node=gone["id"], charge_points=lost)

    def _died(self) -> None:
        """Others have taken our stations and trees from us: let them all go, and begin anew."""
        log.error("taken for dead by another node; charge points are asked to come again", node=self.id)
        self.id = None
        self.joined.clear()
        self._take([])
        self.buried.send()

    def _take(self, everyone: Sequence[Row]) -> None:
        others = {row["id"]: row for row in everyone if row["id"] != self.id}
        went = self.others.keys() - others.keys()
        came = others.keys() - self.others.keys()
        self.others = others
        if came or went:
            self.changed.send(went)

    async def refresh(self) -> None:
        """Look at the list now."""
        async with self._database.read() as tx:
            self._take(await nodes.everyone(tx))

    async def lead(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do `work` while this node leads, for ever."""
        while True:
            await self._led.wait()
            working, lost = asyncio.create_task(work()), asyncio.create_task(self._deposed.wait())
            try:
                await asyncio.wait((working, lost), return_when=asyncio.FIRST_COMPLETED)
            finally:
                lost.cancel()
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working

    async def leave(self) -> None:
        """Go in good order."""
        if self.id is None:
            return
        with suppress(DatabaseUnavailable):
            async with self._database.begin() as tx:
                await nodes.leave(tx, self.id)
        self.id = None


def _locked(line: Any) -> Awaitable[bool]:
    return line.fetchval("SELECT pg_try_advisory_lock($1)", LEADER)
