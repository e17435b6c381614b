"""Progress: sessions that charge are told of while their energy or their price moves, at most once a minute each, and
only while somebody wants to be told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement
from ohmstead.kit.facts import wanted
from ohmstead.rooms.charging.durable_facts import SessionProgressed
from ohmstead.rooms.charging.looks import keep_looking
from ohmstead.rooms.charging.session_table import session

EVERY_S = 10.0
PAUSE = timedelta(minutes=1)  # between two of one session
AT_ONCE = 100  # sessions of one transaction

_own = session.c
_CHARGING = Statement(
    select(_own.id, _own.charge_point_id, _own.evse_id, _own.energy_wh, _own.amount_with_tax)
    .where(_own.status == "active", _own.id > bindparam("after", type_=BigInteger))
    .order_by(_own.id)
    .limit(1000)
)
# Whoever has a session in hand goes first, for what is told of one is told in its order.
_FREE = Statement(
    select(_own.id, _own.charge_point_id, _own.evse_id)
    .where(_own.id == any_(bindparam("ids", type_=ARRAY(BigInteger))), _own.status == "active")
    .order_by(_own.id)
    .with_for_update(key_share=True, skip_locked=True)
)


class Seen(Struct, frozen=True):
    """What was last told of a session, and when."""

    at: datetime
    energy_wh: float
    amount: Decimal | None


class SessionProgress:
    """Looks every 10 s. What it sees for the first time was told by its start; after a restart it waits a minute."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._seen: dict[int, Seen] = {}

    async def run(self) -> None:
        """For ever."""
        await keep_looking(self._clock, EVERY_S, self.look, "progress of sessions")

    async def look(self) -> int:
        """Tell of the sessions that have moved; how many."""
        if SessionProgressed.topic not in wanted:
            self._seen = {}
            return 0
        rows, now = {row["id"]: row for row in await self._charging()}, self._clock.now()
        seen = {key: self._seen.get(key, _seen(row, now)) for key, row in rows.items()}
        moved = [key for key, row in rows.items() if _moved(row, seen[key], now)]
        told: list[int] = []
        for start in range(0, len(moved), AT_ONCE):
            told += await self._tell(moved[start : start + AT_ONCE])
        self._seen = seen | {key: _seen(rows[key], now) for key in told}
        return len(told)

    async def _charging(self) -> list[Row]:
        found: list[Row] = []
        async with self._database.read() as tx:
            while rows := await tx.all(_CHARGING, after=found[-1]["id"] if found else 0):
                found += rows
        return found

    async def _tell(self, ids: Sequence[int]) -> list[int]:
        """Those of them that nobody had in hand."""
        async with self._database.begin() as tx:
            free = await tx.all(_FREE, ids=ids)
            for key, point, outlet in free:
                tx.tell(SessionProgressed(id=key, charge_point_id=point, evse_id=outlet))
        return [row["id"] for row in free]


def _seen(row: Row, at: datetime) -> Seen:
    return Seen(at, row["energy_wh"], row["amount_with_tax"])


def _moved(row: Row, seen: Seen, now: datetime) -> bool:
    moved = (row["energy_wh"], row["amount_with_tax"]) != (seen.energy_wh, seen.amount)
    return moved and now - seen.at >= PAUSE
