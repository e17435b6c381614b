"""What the network holds of a user: the charge points that are the user's own."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.rendering import rendered
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.people.private_data import held

_OWN = Statement(select(charge_point.c.id).where(charge_point.c.user_id == bindparam("user", type_=BigInteger)))


@held.answer
async def charge_points_of(tx: Tx, user_id: int, context: RenderContext) -> dict[str, Any]:
    own = [row["id"] for row in await tx.all(_OWN, user=user_id)]
    return {"charge-points": [*(await rendered(charge_points, "v2.0", own, tx, context)).values()]}
