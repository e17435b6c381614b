"""Inquiries: charges that may have ended without a word; their stations are asked, and those that have are closed.

One that is closed ends at its last sign of life; what comes after all goes on in another session that extends it.
"""

import asyncio
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Select, bindparam

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.rooms.charging.flow.changes import change
from ohmstead.rooms.charging.reasons import LOST
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.devices.stations import GetTransactionStatus, StationError, StationRefused, stations
from ohmstead.store.due_work import AT_ONCE

log = structlog.get_logger("ohmstead.charging")

EVERY_S = 10.0
QUEUE = timedelta(seconds=60)  # after a station came back, to tell what it has to tell
AGAIN = timedelta(seconds=60)  # between two questions about one charge


class Inquiries(ABC):
    """Asks the stations within reach, a few at the same time. `suspected` selects sessions with the columns that are
    read here: `id`, `station_id`, `transaction_ref`, `started_at`, `metered_at`, `updated_at`."""

    suspected: Select

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._suspects = Statement(self.suspected.order_by(session.c.id))
        self._still = Statement(self.suspected.where(session.c.id == bindparam("session")).with_for_update(of=session))
        self._not_before: dict[int, datetime] = {}  # session -> when it is asked about again
        self._line = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._clock.sleep(EVERY_S)
            await self.ask()

    async def ask(self) -> int:
        """Ask about every suspected charge whose turn it is; how many were closed."""
        now = self._clock.now()
        async with self._database.read() as tx:
            suspects = await tx.all(self._suspects, **self.bounds(now))
        self.remember({row["id"] for row in suspects})
        due = [row for row in suspects if self._not_before.get(row["id"], now) <= now]
        return sum(
            await asyncio.gather(
                *(self._settle(row, now) for row in due if stations.current.connected(row["station_id"]))
            )
        )

    async def _settle(self, row: Row, now: datetime) -> bool:
        async with self._line:
            try:
                return await self.is_over(row, now) and await self._close(row["id"], now)
            except Exception:
                log.exception("a charge could not be asked about", session=row["id"])
                return False

    async def _close(self, session_id: int, now: datetime) -> bool:
        """Unless something was heard of it meanwhile."""
        async with self._database.begin() as tx:
            row = await tx.one(self._still, session=session_id, **self.bounds(now))
            if row is None:
                return False
            await self._finish(tx, row)
        log.warning("transaction lost at its station", charge_point_id=row["station_id"], session=session_id)
        return True

    async def _finish(self, tx: Tx, row: Row) -> None:
        at = max(row["started_at"], self.ended_at(row))
        await change(tx, row["id"], "stopped", status="finished", reason=LOST, stopped_at=at, power_w=None)

    def remember(self, suspects: set[int]) -> None:
        """Forget what is known of charges that are suspected no longer."""
        self._not_before = {key: at for key, at in self._not_before.items() if key in suspects}

    def later(self, row: Row, at: datetime | None) -> None:
        """Do not ask about this charge before `at`; None: never."""
        self._not_before[row["id"]] = at or datetime.max.replace(tzinfo=self._clock.now().tzinfo)

    async def ongoing(self, row: Row) -> bool | None:
        """What a 2.x station says of a transaction (E14): True where it goes on or is still to be told of, None where
        it says nothing. Raises `StationRefused` where it does not know how."""
        try:
            outcome = await stations.current.call(
                row["station_id"], GetTransactionStatus(transaction_ref=row["transaction_ref"])
            )
        except StationRefused:
            raise
        except StationError:
            return None
        return True if outcome.untold else outcome.goes_on

    def ended_at(self, row: Row) -> datetime:
        """The last sign of life."""
        return row["metered_at"] or row["updated_at"]

    @abstractmethod
    def bounds(self, now: datetime) -> dict[str, Any]:
        """The values that `suspected` is asked with."""

    @abstractmethod
    async def is_over(self, row: Row, now: datetime) -> bool:
        """Whether a charge has ended, by what its station answers."""
