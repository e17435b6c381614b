"""Keeping: which card is the default, and what becomes of those that are removed."""

from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, or_, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.durable_facts import PaymentMethodChanged
from ohmstead.rooms.billing.methods.means import of_row, stored_of
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.charging.durable_facts import IdTagChanged
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.people.users import ev_user

_own, _paid = payment_method.c, payment_transaction.c
_user = bindparam("user", type_=BigInteger)
_OWNER = Statement(  # one change to a user's cards at a time
    select(ev_user.c.id).where(ev_user.c.id == _user, ev_user.c.deleted_at.is_(None)).with_for_update(key_share=True)
)
_named = bindparam("named", type_=Text)
_IN_USE = Statement(
    select(session.c.id)
    .where(session.c.user_id == _user, session.c.payment_method_id == _named)
    .where(or_(session.c.status == "pending", session.c.status == "active"))
    .union_all(
        select(_paid.id)
        .where(_paid.user_id == _user, _paid.method_id == bindparam("method", type_=BigInteger))
        .where(or_(*(_paid.status == one for one in ("initialized", "pending", "authorized"))))
    )
    .limit(1)
)
_TAGS = Statement(
    update(id_tag)
    .where(id_tag.c.user_id == _user, id_tag.c.payment_method_id == _named)
    .values(payment_method_id="auto", updated_at=bindparam("now"))
    .returning(id_tag.c.id)
)


async def lock_owner(tx: Tx, user_id: int) -> bool:
    """Hold up others who would change a user's cards; False where there is no such user, or no more."""
    return await tx.value(_OWNER, user=user_id) is not None


async def pays_now(tx: Tx, row: Row) -> bool:
    """Whether a charge that runs, or a payment under way, is to be paid by a card."""
    return await tx.value(_IN_USE, user=row["user_id"], named=str(row["id"]), method=row["id"]) is not None


async def make_default(tx: Tx, row: Row) -> Row:
    """Pay by this card of a user (which is locked) where nothing else is said; its row as it then is."""
    if row["is_default"]:
        return row
    for before in await stored_of(tx, row["user_id"]):
        if before["is_default"]:
            await _amend(tx, before, "updated", is_default=False)
    return await _amend(tx, row, "updated", is_default=True)


async def remove(tx: Tx, row: Row) -> None:
    """Take a card out of use, and have the provider forget it. Of a user's, who is locked: tags that named it choose by
    themselves from now on, and the newest of the others that are good becomes the default."""
    await _amend(tx, row, "deleted", removed_at=tx.now, forget_at=tx.now, is_default=False)
    if row["user_id"] is None:
        return
    for (key,) in await tx.all(_TAGS, user=row["user_id"], named=str(row["id"]), now=tx.now):
        tx.tell(IdTagChanged(id=key, action="updated"))
    others = await stored_of(tx, row["user_id"])
    if row["is_default"] and others:
        good = [one for one in others if not of_row(one, tx.now).expired]
        await make_default(tx, (good or others)[0])


async def _amend(tx: Tx, row: Row, action: Any, **values: Any) -> Row:
    changed = update(payment_method).where(_own.id == row["id"]).values(updated_at=tx.now, **values)
    after = await tx.one(changed.returning(payment_method))
    assert after is not None, "methods stay"
    if row["user_id"] is not None:
        tx.tell(PaymentMethodChanged(id=str(row["id"]), user_id=row["user_id"], action=action))
    return after
