"""Marks: what was said of a charge that tells charging from idle, and boosted from optimised; kept by its moment.

What is the case already is not said again. A mark of the future may be taken back until then.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, delete, select, text

from ohmstead.engines.idle import Kind, Mark
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.charging.durable_facts import SessionCourseChanged
from ohmstead.rooms.charging.pricing.tables import charging_mark

LIMITS: tuple[Kind, ...] = ("withheld", "given", "released")
_ALIKE: tuple[tuple[tuple[Kind, ...], Kind | None], ...] = (
    (("charging", "suspended_ev", "suspended_evse"), None),
    (LIMITS, "given"),
    (("unoffered", "offered"), "offered"),
    (("boosted", "optimised"), "optimised"),
)
"""Of what takes the place of each other: the kinds, and what is so until something is said."""
_OF: Mapping[Kind, tuple[tuple[Kind, ...], Kind | None]] = {kind: each for each in _ALIKE for kind in each[0]}

_own = charging_mark.c
_READ = Statement(
    select(_own.session_id, _own.at, _own.kind)
    .where(_own.session_id == bindparam("ids", type_=ARRAY(BigInteger)).any_())
    .order_by(_own.session_id, _own.at, _own.id)
)
_WRITE = Statement(
    text("""
WITH new AS (
    INSERT INTO charging_mark (session_id, at, kind, created_at, updated_at)
    SELECT told.session_id, told.at, told.kind, :now, :now
    FROM json_to_recordset(CAST(:told AS json))
         AS told(session_id bigint, at timestamptz, kind text, alike text[], usual text)
    WHERE told.kind IS DISTINCT FROM COALESCE(
        (SELECT mark.kind FROM charging_mark AS mark
         WHERE mark.session_id = told.session_id AND mark.at <= told.at AND mark.kind = ANY(told.alike)
         ORDER BY mark.at DESC, mark.id DESC LIMIT 1), told.usual)
    ON CONFLICT DO NOTHING
    RETURNING session_id)
SELECT DISTINCT session.id, session.charge_point_id, session.evse_id FROM new JOIN session ON session.id = session_id
WHERE session.status = 'finished'""")
)
_TAKE_BACK = Statement(
    delete(charging_mark).where(
        _own.session_id == bindparam("ids", type_=ARRAY(BigInteger)).any_(),
        _own.kind == bindparam("kinds", type_=ARRAY(Text)).any_(),
        _own.at > bindparam("after", type_=_own.at.type),
    )
)


class SessionMark(Struct, frozen=True):
    """A mark of a session that is to be kept."""

    session_id: int
    at: datetime
    kind: Kind


async def marks_of(tx: Tx, session_ids: list[int]) -> dict[int, list[Mark]]:
    """Those of each session, in order."""
    found: dict[int, list[Mark]] = {key: [] for key in session_ids}
    for session_id, at, kind in await tx.all(_READ, ids=session_ids):
        found[session_id].append(Mark(at, kind))
    return found


async def mark(tx: Tx, marks: Iterable[SessionMark]) -> None:
    """Keep them, where they change something. Of a session that is over more is known then."""
    told = [_row(one) for one in marks]
    if told:
        for row in await tx.all(_WRITE, told=told, now=tx.now):
            tx.tell(SessionCourseChanged(id=row["id"], charge_point_id=row["charge_point_id"], evse_id=row["evse_id"]))


def _row(one: SessionMark) -> dict[str, Any]:
    alike, usual = _OF[one.kind]
    return {"session_id": one.session_id, "at": one.at, "kind": one.kind, "alike": alike, "usual": usual}


async def take_back(tx: Tx, session_ids: list[int], kinds: Iterable[Kind], after: datetime) -> None:
    """Forget what was said of the time after a moment."""
    await tx.run(_TAKE_BACK, ids=session_ids, kinds=list(kinds), after=after)
