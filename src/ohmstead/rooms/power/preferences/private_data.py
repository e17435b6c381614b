"""What preferences hold of a user: what the user wants of the charge points that are the user's own."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import RenderContext
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.people.private_data import held

_OWN = Statement(
    select(charge_point.c.id, charge_point.c.personal_smart_charging)
    .where(charge_point.c.user_id == bindparam("user", type_=BigInteger))
    .where(charge_point.c.personal_smart_charging.is_not(None))
    .order_by(charge_point.c.id)
)


@held.answer
async def preferences_of(tx: Tx, user_id: int, context: RenderContext) -> dict[str, Any]:
    rows = await tx.all(_OWN, user=user_id)
    return {"smart-charging-preferences": [{"chargePointId": row[0]} | row[1] for row in rows]}
