"""Ordered stops: charges that are ended from here. Their stations are asked until they have obeyed, and the
session keeps the reason, whatever the station calls it."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    Text,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Database, Row, Statement, Tx, table, timestamp
from ohmstead.rooms.charging.session_table import known_as, session
from ohmstead.rooms.devices.stations import RemoteStop, StationError, StationSilent, stations
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.store.due_work import DueWork, back_off

Why = Literal[
    "time_limit", "energy_exceeded", "working_hours_exceeded", "balance_exceeded", "authorization_amount_reached",
    "pre_authorization_failed", "standard_stop",
]  # fmt: skip
FIRST, MOST = timedelta(minutes=2), timedelta(hours=1)  # until a station that did not obey is asked once more
SETTLES = timedelta(minutes=1)  # after a station agreed, for its meter to come to rest
LOOK = timedelta(minutes=5)  # at what obeyed and is still open: until its cable is out, for some

ordered_stop = table(
    "ordered_stop",
    Column("session_id", ForeignKey(session.c.id), nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    timestamp("due_at", nullable=False, index=True),
    Column("asked", Integer, nullable=False, server_default="0"),  # times
    timestamp("agreed_at"),  # when its station said so last
)

_own, _session = ordered_stop.c, session.c
is_ordered = select(_own.id).where(_own.session_id == _session.id).exists()
"""Of a session: whether its station is being asked to end it."""
_key, _of = bindparam("key", type_=BigInteger), bindparam("session", type_=BigInteger)
_now = bindparam("now", type_=DateTime(timezone=True))
_ORDER = Statement(
    insert(ordered_stop)
    .from_select(
        ["session_id", "reason", "due_at", "created_at", "updated_at"],
        select(_session.id, bindparam("why", type_=Text), _now, _now, _now).where(
            _session.id == _of, _session.status == "active"
        ),
    )
    .on_conflict_do_nothing()
    .returning(_own.id)
)
_over = _session.status != "active"
_DUE = Statement(
    select(
        *ordered_stop.c["id", "session_id", "reason", "asked", "agreed_at"],
        *session.c["station_id", "metered_at", "meter_at"],
        known_as.label("known_as"),
        _over.label("over"),
    )
    .join(session, _session.id == _own.session_id)
    .join(charge_point, charge_point.c.id == _session.station_id)
    .where(_own.due_at <= _now, or_(_over, charge_point.c.connected))
    .order_by(_own.due_at)
    .limit(bindparam("most", type_=Integer))
)
_LATER = Statement(update(ordered_stop).where(_own.id == _key).values(due_at=bindparam("at", type_=_now.type)))
_ASKED = Statement(
    update(ordered_stop)
    .where(_own.id == _key)
    .values(asked=_own.asked + 1, updated_at=_now, due_at=bindparam("at", type_=_now.type))
    .values(agreed_at=func.coalesce(bindparam("agreed", type_=_now.type), _own.agreed_at))
)
_DONE = Statement(delete(ordered_stop).where(_own.id == _key))
_CLAIM = Statement(
    update(session)
    .where(_session.id == _of, _session.status == "active")
    .values(stop_reason=bindparam("why", type_=Text))
)


async def stop_for(tx: Tx, session_id: int, why: Why) -> bool:
    """Have the station of a running session end it, and the session keep the reason; whether this was the first to
    want that."""
    return await tx.value(_ORDER, session=session_id, why=why, now=tx.now) is not None


class OrderedStops(DueWork):
    """Asks the stations. One that does not obey, by its meter or because nothing is heard of the charge, is asked again
    and again, ever more seldom."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        if row["over"]:
            async with self._database.begin() as tx:
                await tx.run(_DONE, key=row["id"])
        elif _obeyed(row):
            await self._look_later(row, LOOK)
        else:
            await self._ask(row)

    async def _ask(self, row: Row) -> None:
        """The session has its reason before: a station may end it sooner than it answers."""
        await _claim(self._database, row, row["reason"])
        agreed = await _agrees(row)
        if agreed is False:
            await _claim(self._database, row, None)
        now = self._clock.now()
        again = now + back_off(row["asked"] + 1, FIRST, MOST)
        async with self._database.begin() as tx:
            await tx.run(_ASKED, key=row["id"], at=again, now=now, agreed=now if agreed else None)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        await self._look_later(row, FIRST)

    async def _look_later(self, row: Row, wait: timedelta) -> None:
        async with self._database.begin() as tx:
            await tx.run(_LATER, key=row["id"], at=self._clock.now() + wait)


def _obeyed(row: Row) -> bool:
    """Whether the meter has been read since the station agreed, and came to rest."""
    agreed: datetime | None = row["agreed_at"]
    if agreed is None or row["metered_at"] is None or row["metered_at"] <= agreed + SETTLES:
        return False
    return row["meter_at"] is None or row["meter_at"] <= agreed + SETTLES


async def _claim(database: Database, row: Row, why: str | None) -> None:
    async with database.begin() as tx:
        await tx.run(_CLAIM, session=row["session_id"], why=why)


async def _agrees(row: Row) -> bool | None:
    """Whether the station will stop; None where it did not say."""
    try:
        outcome = await stations.current.call(row["station_id"], RemoteStop(transaction_ref=row["known_as"]))
    except StationSilent:
        return None
    except StationError:
        return False
    return outcome.agreed
