"""What is held of a user to pay with: exported with the rest, and erased, here and at the providers."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, case, delete, func, null, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import RenderContext
from ohmstead.rooms.billing.durable_facts import PaymentMethodChanged
from ohmstead.rooms.billing.methods.resource import card_shown
from ohmstead.rooms.billing.methods.table import payment_method, setup_request
from ohmstead.rooms.people.erasure import UserErased, erasing
from ohmstead.rooms.people.private_data import held

_own, _asked = payment_method.c, setup_request.c
_user, _now = bindparam("user", type_=BigInteger), bindparam("now", type_=_own.removed_at.type)
_CARDS = Statement(select(payment_method).where(_own.user_id == _user).order_by(_own.id))
_ASKED = Statement(
    select(_asked.id, _asked.kind, _asked.status, _asked.created_at).where(_asked.user_id == _user).order_by(_asked.id)
)
_FORGET = Statement(
    update(payment_method)
    .where(_own.user_id == _user)
    .values(
        removed_at=func.coalesce(_own.removed_at, _now),
        forget_at=case((_own.removed_at.is_(None), _now), else_=_own.forget_at),
        brand="unknown",
        last4="",
        exp_month=null(),
        exp_year=null(),
        wallet=null(),
        is_default=False,
        updated_at=_now,
    )
)
_FORGET_ASKED = Statement(delete(setup_request).where(_asked.user_id == _user))


@held.answer
async def cards_of(tx: Tx, user_id: int, context: RenderContext) -> dict[str, Any]:
    """Those that were removed are among them."""
    rows = await tx.all(_CARDS, user=user_id)
    asked = [dict(row) for row in await tx.all(_ASKED, user=user_id)]
    return {"payment-methods": [card_shown(row, tx.now) for row in rows], "payment-method-requests": asked}


@erasing.answer
async def no_card_is_theirs(tx: Tx, gone: UserErased) -> None:
    """The rows stay, for what was paid by them; their providers are told to forget the cards."""
    for row in await tx.all(_CARDS, user=gone.id):
        if row["removed_at"] is None:
            tx.tell(PaymentMethodChanged(id=str(row["id"]), user_id=gone.id, action="deleted"))
    await tx.run(_FORGET_ASKED, user=gone.id)
    await tx.run(_FORGET, user=gone.id, now=tx.now)
