"""Bills of users: what is exported of one, and what becomes of them when the user is deleted. A bill names nobody; it
stays, and what is open of it is not asked for any more."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.writes import Write
from ohmstead.rooms.billing.sessions.table import session_payment
from ohmstead.rooms.people.erasure import UserErased, erasing
from ohmstead.rooms.people.private_data import held
from ohmstead.rooms.people.users import users

_own = session_payment.c
_user = bindparam("user", type_=BigInteger)
_BILLS = Statement(select(session_payment).where(_own.user_id == _user).order_by(_own.id))
_ON_ITS_WAY = Statement(select(_own.id).where(_own.user_id == _user, _own.status == "pending").limit(1))
_LEAVE = Statement(
    update(session_payment).where(_own.user_id == _user).values(due_at=None, wish="none")  # which no means is
)


@users.deleting
async def what_is_on_its_way_arrives_first(write: Write) -> None:
    if await write.tx.value(_ON_ITS_WAY, user=write.id) is not None:
        raise Conflict("A payment of the user is on its way: wait for it first.")


@erasing.answer
async def nothing_more_is_collected(tx: Tx, gone: UserErased) -> None:
    await tx.run(_LEAVE, user=gone.id)


@held.answer
async def bills_of(tx: Tx, user_id: int, context: RenderContext) -> dict[str, Any]:
    return {"session-payments": [dict(row) for row in await tx.all(_BILLS, user=user_id)]}
