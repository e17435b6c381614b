"""Permissions: what a partner's contract lets its tokens do to charge points of its own."""

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.operations import Actor, Call
from ohmstead.rooms.network.charge_points.resource import charge_points
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.people.partner_contracts import Permission, require_permission

_PARTNER = Statement(select(charge_point.c.partner_id).where(charge_point.c.id == bindparam("key", type_=BigInteger)))


async def find_permitted(call: Call, tx: Tx, permission: Permission) -> Row:
    """The charge point that the path names, as `find` has it; Forbidden where its partner's contract does not permit a
    partner's token to do this to it."""
    point = await charge_points.find(call, tx=tx)
    await require_permission(tx, call.actor, permission, point["partner_id"])
    return point


async def require_permission_at(tx: Tx, actor: Actor, permission: Permission, charge_point_id: int) -> None:
    """The same for a charge point that the caller was found to have rights to."""
    if actor.binding:
        await require_permission(tx, actor, permission, await tx.value(_PARTNER, key=charge_point_id))
