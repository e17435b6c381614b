"""Standing: whether EVSEs do what load management tells them, as it was last written down."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.engines.dlm.holding import REJECTIONS
from ohmstead.engines.dlm.obedience import Obedience
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.network.charge_points import steering_of
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.power.management.table import charging_limit

_RECORDS = Statement(
    select(evse.c.id, evse.c.charge_point_id, charging_limit.c.record)
    .join(charging_limit, charging_limit.c.evse_id == evse.c.id)
    .where(evse.c.charge_point_id == any_(bindparam("ids", type_=ARRAY(BigInteger))), evse.c.deleted_at.is_(None))
    .order_by(evse.c.id)
)


@steering_of.answer
async def standings(tx: Tx, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Of each EVSE of these charge points that was ever told a limit."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in await tx.all(_RECORDS, ids=ids):
        found.setdefault(row["charge_point_id"], []).append(_standing(row))
    return found


def _standing(row: Row) -> dict[str, Any]:
    record = row["record"]
    obedience = Obedience.restored(record.get("obedience"))
    state = "obeys"
    if not obedience.obeys:
        state = "disobeys"
    elif record["rejections"] >= REJECTIONS:
        state = "refuses"
    elif record.get("doubts"):
        state = "forgets"
    return {"evseId": row["id"], "state": state, "foundOut": obedience.convictions}
