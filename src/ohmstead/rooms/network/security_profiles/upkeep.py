"""Security upkeep: certificates that were promised, certificates that end, profiles that are to be raised."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row
from ohmstead.rooms.network.certificates.renewal import ask_to_renew, ending
from ohmstead.rooms.network.certificates.requests import due_requests, keep_promise
from ohmstead.rooms.network.security_profiles.raising import due, failed, move
from ohmstead.rooms.network.security_profiles.steps import Taken, step
from ohmstead.rooms.network.stations import StationError, StationOffline

log = structlog.get_logger("ohmstead.security")

EVERY_S = 1.0
RENEWALS_EVERY = timedelta(minutes=1)
NEXT_STEP = timedelta(seconds=5)  # a station with a new password connects anew in between
OFFLINE = timedelta(seconds=30)
Key = tuple[str, int]


class SecurityUpkeep:
    """Does each thing in a task of its own, so that a silent station holds up nobody."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._renewals_at = clock.now()
        self._running: dict[Key, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """For ever."""
        try:
            while True:
                await self.start_due()
                await self._clock.sleep(EVERY_S)
        finally:
            for task in self._running.values():
                task.cancel()

    async def start_due(self) -> None:
        """Begin what has fallen due."""
        renews = self._clock.now() >= self._renewals_at
        async with self._database.read() as tx:
            promised, raising = await due_requests(tx), await due(tx)
            renewals = await ending(tx) if renews else []
        for row in promised:
            self._start("promise", row, lambda row: keep_promise(self._database, row["id"]))
        for row in raising:
            self._start("raise", row, self._raise)
        for row in renewals:
            self._start("renewal", row, lambda row: ask_to_renew(self._database, row))
        if renews:
            self._renewals_at = self._clock.now() + RENEWALS_EVERY

    async def settled(self) -> None:
        """Return once what has begun is done."""
        await asyncio.gather(*self._running.values())

    def _start(self, what: str, row: Row, work: Callable[[Row], Awaitable[None]]) -> None:
        key = (what, row["id"])
        if key not in self._running:
            task = self._running[key] = asyncio.create_task(self._logged(what, row, work))
            task.add_done_callback(lambda _: self._running.pop(key, None))

    async def _logged(self, what: str, row: Row, work: Callable[[Row], Awaitable[None]]) -> None:
        """One that fails for a reason of ours is tried again when it is looked for again."""
        try:
            await work(row)
        except Exception:
            log.exception("security upkeep failed", what=what, charge_point_id=row["charge_point_id"])

    async def _raise(self, raising: Row) -> None:
        try:
            taken: Taken | StationError = await step(self._database.begin, raising)
        except StationError as error:
            taken = error
        async with self._database.begin() as tx:
            if isinstance(taken, StationOffline):
                await move(tx, raising, due_at=tx.now + OFFLINE)
            elif isinstance(taken, StationError):
                await failed(tx, raising, str(taken))
            else:
                await move(tx, raising, **_after(taken, tx.now))


def _after(taken: Taken, now: Any) -> dict[str, Any]:
    if taken.stage == "done":
        return {"finished_at": now}
    return {"stage": taken.stage, "due_at": now + NEXT_STEP if taken.stage == "waits" else None}
