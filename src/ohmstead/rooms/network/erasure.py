"""Erasure: what the network holds of a deleted user: the charge points it owned, and what hardware said."""

from sqlalchemy import BigInteger, bindparam, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.people.erasure import UserErased, erasing
from ohmstead.rooms.people.text_erasure import TextErasure

_own = charge_point.c
_DISOWN = Statement(
    update(charge_point)
    .where(_own.user_id == bindparam("user", type_=BigInteger))
    .values(user_id=None, sharing_code=None, updated_at=bindparam("now"))
    .returning(_own.id)
)
_SAID = TextErasure(evse, plain=[evse.c.error_info])


@erasing.answer
async def charge_points_are_nobodys(tx: Tx, gone: UserErased) -> None:
    """Nor does anybody charge there by the code that the owner gave away."""
    for row in await tx.all(_DISOWN, user=gone.id, now=tx.now):
        tx.tell(ChargePointChanged(id=row["id"], action="updated"))


@on(UserErased)
async def no_error_names_them(tx: Tx, fact: UserErased) -> None:
    await _SAID.run(tx, fact.texts)
