"""Reading: what was told of sessions that their price depends on, readings of their register and marks; of all sessions
in one statement each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import text

from ohmstead.engines.idle import Mark, Read
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.pricing.marks import marks_of
from ohmstead.rooms.charging.session_table import session

# The last reading of each minute of a session is enough, and the state of charge that was told beside it.
_READINGS = Statement(
    text("""
SELECT id, at, energy_wh, soc_percent FROM (
    SELECT DISTINCT ON (session.id, minute, believed IS NULL)
           session.id, value.at, believed - session.meter_start_wh AS energy_wh, value.soc_percent
    FROM json_to_recordset(CAST(:told AS json)) AS told(id bigint, since timestamptz)
    JOIN session ON session.id = told.id
    JOIN meter_value AS value ON value.evse_id = session.evse_id
        AND value.at > GREATEST(told.since, session.started_at)
        AND value.at <= COALESCE(session.stopped_at, CAST(:now AS timestamptz))
        AND (value.session_id = session.id OR value.session_id IS NULL)
    CROSS JOIN LATERAL (SELECT date_bin('1 minute', value.at, session.started_at) AS minute,
                               CASE WHEN value.anomaly IS NULL THEN value.energy_wh END AS believed) AS seen
    WHERE believed IS NOT NULL OR value.soc_percent IS NOT NULL
    ORDER BY session.id, minute, believed IS NULL, value.at DESC) AS newest
ORDER BY id, at""")
)
# what the sessions that one goes on with came to and nobody covered, down to the first, and when that began
_BEFORE = Statement(
    text("""
WITH RECURSIVE earlier(id, wh, started_at, before) AS (
    SELECT own.id, original.energy_wh - COALESCE(original.non_billable_energy_wh, 0), original.started_at,
           original.original_session_id
    FROM session AS own JOIN session AS original ON original.id = own.original_session_id
    WHERE own.id = ANY(CAST(:ids AS bigint[]))
    UNION ALL
    SELECT earlier.id, original.energy_wh - COALESCE(original.non_billable_energy_wh, 0), original.started_at,
           original.original_session_id
    FROM earlier JOIN session AS original ON original.id = earlier.before)
SELECT id, SUM(wh) AS wh, MIN(started_at) AS started_at FROM earlier GROUP BY id""")
)
NEEDED = tuple(
    session.c[name]
    for name in ("id", "evse_id", "started_at", "stopped_at", "meter_start_wh", "energy_wh", "original_session_id",
                 "tariff_snapshot_id", "status", "user_id", "non_billable_energy_wh")
)  # fmt: skip
"""The columns of sessions that are asked for here."""


class Earlier(Struct, frozen=True, gc=False):
    """What the sessions that one extends came to, less what was covered, and when the first of them began."""

    wh: int
    started_at: datetime


class Course(Struct, gc=False):
    """What was told of a session: the readings in order, and the marks; and what it extends."""

    reads: list[Read]
    marks: list[Mark]
    earlier: Earlier | None = None

    @property
    def extending(self) -> dict[str, Any]:
        """What the engine is told of what it extends."""
        return {"extends_wh": self.earlier.wh, "locked_at": self.earlier.started_at} if self.earlier else {}


async def courses(tx: Tx, sessions: Sequence[Row], since: Mapping[int, datetime] | None = None) -> dict[int, Course]:
    """The course of each session, rows with the columns `NEEDED`; of readings those after the moment `since`.
    One that has ended ends with what it came to."""
    told = [{"id": row["id"], "since": (since or {}).get(row["id"], row["started_at"])} for row in sessions]
    found = {row["id"]: Course([], []) for row in sessions}
    states: dict[int, float] = {}
    for key, at, energy, soc in await tx.all(_READINGS, told=told, now=tx.now):
        if soc is not None:
            states[key] = soc
        if energy is not None:
            found[key].reads.append(Read(at, energy, states.get(key)))
    for key, marks in (await marks_of(tx, list(found))).items():
        found[key].marks = marks
    for key, earlier in (await extended_by(tx, sessions)).items():
        found[key].earlier = earlier
    for row in sessions:
        if row["stopped_at"] is not None:
            found[row["id"]].reads.append(Read(row["stopped_at"], row["energy_wh"], states.get(row["id"])))
    return found


async def extended_by(tx: Tx, sessions: Sequence[Row]) -> dict[int, Earlier]:
    """Of each session that goes on with another, what came before it."""
    ids = [row["id"] for row in sessions if row["original_session_id"] is not None]
    rows = await tx.all(_BEFORE, ids=ids) if ids else ()
    return {key: Earlier(round(wh), started_at) for key, wh, started_at in rows}


def minute_of(started_at: datetime, at: datetime) -> int:
    """The minute of a session that a moment is in; readings of the same may still give way to a later one."""
    return int((at - started_at).total_seconds() // 60)


def complete(started_at: datetime, reads: Sequence[Read]) -> int:
    """How many of the readings stay: those of minutes after which something was read."""
    if not reads:
        return 0
    last = minute_of(started_at, reads[-1].at)
    return next((n for n in range(len(reads), 0, -1) if minute_of(started_at, reads[n - 1].at) < last), 0)
