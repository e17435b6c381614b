"""What the network holds of a user: the charge points that are the user's own, and those shared with the user."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.rendering import rendered
from ohmstead.kit.views import stamp
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.charge_points.shares import charge_point_share
from ohmstead.rooms.people.private_data import held

_OWN = Statement(select(charge_point.c.id).where(charge_point.c.user_id == bindparam("user", type_=BigInteger)))
_SHARES = Statement(
    select(charge_point_share).where(charge_point_share.c.user_id == bindparam("user", type_=BigInteger))
)


@held.answer
async def charge_points_of(tx: Tx, user_id: int, context: RenderContext) -> dict[str, Any]:
    own = [row["id"] for row in await tx.all(_OWN, user=user_id)]
    shared = [
        {"chargePointId": row["charge_point_id"], "sharedOn": stamp(row["created_at"])}
        for row in await tx.all(_SHARES, user=user_id)
    ]
    rows = await rendered(charge_points, "v2.0", own, tx, context)
    return {"charge-points": [*rows.values()], "shared-charge-points": shared}
