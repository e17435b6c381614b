"""Silences: a charge of a 2.x station that came back, and of which it says nothing more, is asked about (E14).

One that goes on, or of which something is still to be told, stays open; of another nothing will come any more.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, func, select

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.rooms.charging.flow.changes import change
from ohmstead.rooms.charging.reasons import LOST
from ohmstead.rooms.charging.sessions.table import session
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.stations import (
    GetTransactionStatus,
    Outcome,
    StationError,
    StationRefused,
    stations,
)

log = structlog.get_logger("ohmstead.charging")

EVERY_S = 10.0
GRACE = timedelta(seconds=60)  # after it came back, to tell what it has to tell
AGAIN = timedelta(seconds=60)  # between two questions about one charge

_own, _point = session.c, charge_point.c
_last = func.greatest(_own.updated_at, _own.metered_at)
_silent = (
    select(_own.id, _own.station_id, _own.transaction_ref, _own.started_at, _own.metered_at, _own.updated_at,
           _point.connected_at)
    .join(charge_point, _point.id == _own.station_id)
    .where(_own.status == "active", _own.transaction_ref.is_not(None), _point.connected, _point.ocpp_version != "1.6")
    .where(_last < _point.connected_at, _point.connected_at <= bindparam("before", type_=_own.updated_at.type))
)  # fmt: skip
_SILENT = Statement(_silent.order_by(_own.id))
_STILL = Statement(_silent.where(_own.id == bindparam("session")).with_for_update(of=session))


class Silences:
    """Asks the stations that this process serves."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._asked: dict[int, datetime] = {}  # session -> not before this moment again

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._clock.sleep(EVERY_S)
            await self.ask()

    async def ask(self) -> int:
        """Ask about every silent charge whose turn it is; how many were closed."""
        now = self._clock.now()
        async with self._database.read() as tx:
            silent = await tx.all(_SILENT, before=now - GRACE)
        self._asked = {row["id"]: self._asked[row["id"]] for row in silent if row["id"] in self._asked}
        closed = 0
        for row in silent:
            if stations.connected(row["station_id"]) and self._asked.get(row["id"], now) <= now:
                closed += await self._try_to_ask(row, now)
        return closed

    async def _try_to_ask(self, row: Row, now: datetime) -> bool:
        """What goes wrong with one charge keeps nobody from asking about the next."""
        try:
            return await self._ask(row, now)
        except Exception:
            log.exception("silent charge not asked about", session=row["id"])
            return False

    async def _ask(self, row: Row, now: datetime) -> bool:
        self._asked[row["id"]] = now + AGAIN
        try:
            outcome = await stations.call(
                row["station_id"], GetTransactionStatus(transaction_ref=row["transaction_ref"])
            )
        except StationRefused:
            self._asked[row["id"]] = datetime.max.replace(tzinfo=now.tzinfo)
            return False
        except StationError:
            return False
        if not _is_over(outcome):
            return False
        async with self._database.begin() as tx:
            return await _close(tx, row["id"], now)


def _is_over(outcome: Outcome) -> bool:
    """Only a clear word counts."""
    return outcome.goes_on is False and not outcome.untold


async def _close(tx: Tx, session_id: int, now: datetime) -> bool:
    """Finish a charge at its last sign of life; what comes after all goes on in another session that extends it."""
    row = await tx.one(_STILL, session=session_id, before=now - GRACE)
    if row is None:
        return False
    at = max(row["started_at"], row["metered_at"] or row["updated_at"])
    await change(tx, session_id, "stopped", status="finished", reason=LOST, stopped_at=at, power_w=None)
    log.warning("transaction lost at its station", charge_point_id=row["station_id"], session=session_id)
    return True
