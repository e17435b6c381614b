"""Limits of tariffs: `stopSession` of the snapshot that a session is billed by, in minutes by the clock and in kWh by
the meter. Of a session that extends another, what went before counts."""

import math
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, Double, any_, bindparam, func, or_, select

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement, as_columns, unnested_rows
from ohmstead.rooms.charging.control import stop_for
from ohmstead.rooms.charging.control.ordered_stops import is_ordered
from ohmstead.rooms.charging.looks import next_look
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.tariffs.tables import tariff_snapshot

EVERY_S = 5.0

_own, _snapshot = session.c, tariff_snapshot.c
_IN_USE = Statement(
    select(_own.tariff_snapshot_id).where(_own.status == "active", _own.tariff_snapshot_id.is_not(None)).distinct()
)
_LIMITS = Statement(
    select(_snapshot.id, _snapshot.content["tariff"]["stopSession"].label("limits")).where(
        _snapshot.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    )
)

_limited = unnested_rows(snapshot=BigInteger, seconds=Double, wh=Double)
_earlier = session.alias("earlier")
_running = (
    select(
        _own.id.label("session_id"), _own.original_session_id, _own.started_at, _own.energy_wh,
        _limited.c.seconds, _limited.c.wh,
    )
    .join(_limited, _limited.c.snapshot == _own.tariff_snapshot_id)
    .where(_own.status == "active", ~is_ordered)
    .cte("charge", recursive=True)
)  # fmt: skip
_whole = _running.union_all(
    select(
        _running.c.session_id, _earlier.c.original_session_id, _earlier.c.started_at, _earlier.c.energy_wh,
        _running.c.seconds, _running.c.wh,
    ).join(_earlier, _earlier.c.id == _running.c.original_session_id)
)  # fmt: skip
_lasts = func.extract("epoch", bindparam("now", type_=DateTime(timezone=True)) - func.min(_whole.c.started_at))
_outlasts = _lasts >= func.min(_whole.c.seconds)
_outgrows = func.sum(_whole.c.energy_wh) > func.min(_whole.c.wh)
_EXCEEDING = Statement(
    select(_whole.c.session_id, _outlasts.label("outlasts"))
    .group_by(_whole.c.session_id)
    .having(or_(_outlasts, _outgrows))
    .order_by(_whole.c.session_id)
)


class TariffLimits:
    """Has stopped what exceeds the limits of its tariff."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._known: dict[int, Row | None] = {}  # snapshot -> its limits; it never changes

    async def run(self) -> None:
        """For ever."""
        while True:
            await next_look(self._clock, EVERY_S)
            await self.look()

    async def look(self) -> int:
        """Have stopped what exceeds its limits now; how many."""
        async with self._database.begin() as tx:
            used = {row["tariff_snapshot_id"] for row in await tx.all(_IN_USE)}
            unknown = used - self._known.keys()
            found = {row["id"]: _limits_of(row) for row in await tx.all(_LIMITS, ids=list(unknown))} if unknown else {}
            self._known = {key: limits for key, limits in (self._known | found).items() if key in used}
            limited = [limits for limits in self._known.values() if limits]
            if not limited:
                return 0
            exceeding = await tx.all(_EXCEEDING, now=tx.now, **as_columns(limited))
            whys = [(row["session_id"], "time_limit" if row["outlasts"] else "energy_exceeded") for row in exceeding]
            return sum([await stop_for(tx, key, why) for key, why in whys])  # type: ignore[arg-type]


def _limits_of(row: Row) -> dict[str, Any] | None:
    """A row for the statement; None where there is no limit."""
    limits = row["limits"] or {}
    minutes, kwh = limits.get("timeLimitMinutes"), limits.get("stopWhenEnergyExceedsKwh")
    if minutes is None and kwh is None:
        return None
    seconds, wh = (math.inf if one is None else float(one) for one in (minutes, kwh))
    return {"snapshot": row["id"], "seconds": seconds * 60, "wh": wh * 1000}
