"""Erasure: what the network holds of a deleted user: the charge points it owned, and what hardware said."""

from sqlalchemy import BigInteger, bindparam, delete, or_, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charge_points.claims import claim_refusal
from ohmstead.rooms.network.charge_points.shares import charge_point_share
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.people.erasure import UserErased, erasing
from ohmstead.rooms.people.text_erasure import TextErasure

_own = charge_point.c
_DISOWN = Statement(
    update(charge_point)
    .where(_own.user_id == bindparam("user", type_=BigInteger))
    .values(user_id=None, sharing_code=None, personal_smart_charging=None, updated_at=bindparam("now"))
    .returning(_own.id, _own.deleted_at)
)
_his = select(_own.id).where(_own.user_id == bindparam("user", type_=BigInteger))
_share = charge_point_share.c
_END_SHARES = Statement(
    delete(charge_point_share).where(
        or_(_share.user_id == bindparam("user", type_=BigInteger), _share.charge_point_id.in_(_his))
    )
)
_GUESSED = Statement(delete(claim_refusal).where(claim_refusal.c.user_id == bindparam("user", type_=BigInteger)))
_SAID = TextErasure(evse, plain=[evse.c.error_info])


@erasing.answer
async def charge_points_are_nobodys(tx: Tx, gone: UserErased) -> None:
    """Nor does anybody charge there whom the owner let in, or by the code that he gave away."""
    await tx.run(_END_SHARES, user=gone.id)
    await tx.run(_GUESSED, user=gone.id)
    for row in await tx.all(_DISOWN, user=gone.id, now=tx.now):
        if row["deleted_at"] is None:
            tx.tell(ChargePointChanged(id=row["id"], action="updated"))


@on(UserErased)
async def no_error_names_them(tx: Tx, fact: UserErased) -> None:
    await _SAID.run(tx, fact.texts)
