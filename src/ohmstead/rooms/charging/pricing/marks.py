"""Marks: what was said of a charge that tells charging from idle, and boosted from optimised; kept by its moment."""

from sqlalchemy import ARRAY, BigInteger, bindparam, select

from ohmstead.engines.idle import Mark
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.charging.pricing.tables import charging_mark

_own = charging_mark.c
_OF = Statement(
    select(_own.session_id, _own.at, _own.kind)
    .where(_own.session_id == bindparam("ids", type_=ARRAY(BigInteger)).any_())
    .order_by(_own.session_id, _own.at, _own.id)
)


async def marks_of(tx: Tx, session_ids: list[int]) -> dict[int, list[Mark]]:
    """Those of each session, in order."""
    found: dict[int, list[Mark]] = {key: [] for key in session_ids}
    for session_id, at, kind in await tx.all(_OF, ids=session_ids):
        found[session_id].append(Mark(at, kind))
    return found
