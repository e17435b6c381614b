"""Fees of subscriptions: what a cycle costs, and how that is collected from the user: by the default card, or from the
balance where there is no card, or the fee is less than a card can be charged."""

from typing import NamedTuple

from sqlalchemy import BigInteger, any_, bindparam, func, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.balance.spending import NotExchanged, available, in_base, spend
from ohmstead.rooms.billing.gateways.calls import begin_call
from ohmstead.rooms.billing.gateways.gateway import Money, gateways
from ohmstead.rooms.billing.methods.means import AUTO, BALANCE_MEANS, Means, chosen
from ohmstead.rooms.billing.subscriptions.table import subscription_cycle
from ohmstead.rooms.billing.subscriptions.terms import Terms
from ohmstead.rooms.billing.taxed import Taxed, taxed
from ohmstead.rooms.billing.transactions.states import move, open_transaction, transaction
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.people.users import ev_user

PURCHASE = "subscription_plan"
NO_FUNDS, NO_RATE = "insufficient_balance", "no_exchange_rate"

_cycle, _point = subscription_cycle.c, charge_point.c
_owned = (_point.user_id == bindparam("user", type_=BigInteger)) & (_point.type == "personal")
_OWNED = Statement(
    select(
        func.count().label("all"),
        func.count()
        .filter(
            _point.subscription_required,
            (func.cardinality(_point.subscription_plan_ids) == 0)
            | _point.subscription_plan_ids.is_(None)
            | (bindparam("plan", type_=BigInteger) == any_(_point.subscription_plan_ids)),
        )
        .label("requiring"),
    ).where(_owned, _point.deleted_at.is_(None))
)
_PAID_BY = Statement(
    update(subscription_cycle)
    .where(_cycle.id == bindparam("key", type_=BigInteger))
    .values(transaction_id=bindparam("transaction", type_=BigInteger), updated_at=bindparam("now"))
)
_PARTNER = Statement(select(ev_user.c.partner_id).where(ev_user.c.id == bindparam("user", type_=BigInteger)))


class Charge(NamedTuple):
    """A transaction, and the call that it needs: None where no bank is asked."""

    transaction_id: int
    call_id: int | None


async def partner_of(tx: Tx, user_id: int) -> int | None:
    """The partner whose user it is."""
    return await tx.value(_PARTNER, user=user_id)


async def fee_of(tx: Tx, row: Row, terms: Terms) -> Taxed | None:
    """What a cycle of a subscription costs, by the charge points that its user has now; None where it costs nothing."""
    amount = terms.base_fee
    if terms.per_home_charger or terms.personal_fee:
        owned = await tx.one(_OWNED, user=row["user_id"], plan=row["plan_id"])
        assert owned is not None
        amount = amount * (owned["all"] if terms.per_home_charger else 1) + terms.personal_fee * owned["requiring"]
    fee = await taxed(tx, amount) if amount else None
    return fee if fee is not None and fee.amount > 0 else None


async def means_for(tx: Tx, user_id: int, amount: Money) -> Means:
    """What collects an amount from a user: never a partner's account."""
    for one in await chosen(tx, user_id, AUTO, None, tx.now):
        if one.gateway is not None and amount.amount >= gateways.current[one.gateway].minimum(amount.currency):
            return one
    return BALANCE_MEANS


async def charge(tx: Tx, row: Row, amount: Money, *, inline: bool = False) -> Charge:
    """Begin to collect an amount for a subscription that is locked. What the balance has not is refused at once, unless
    the user has a card that takes no amount so small: then it is owed."""
    means = await means_for(tx, row["user_id"], amount)
    key = await open_transaction(
        tx, purchase_type=PURCHASE, purchase_id=row["plan_id"], subscription_id=row["id"], user_id=row["user_id"],
        partner_id=await partner_of(tx, row["user_id"]), means=means.type, payment_method_id=means.id,
        method_id=means.method_id, card=means.card, gateway=means.gateway, currency=amount.currency,
        amount=amount.amount,
    )  # fmt: skip
    if means.gateway is not None:
        paid = await transaction(tx, key)
        return Charge(key, await begin_call(tx, paid, "authorize", amount.amount, inline=inline))
    return Charge(key, None)


async def settle_from_balance(tx: Tx, charged: Charge, amount: Money, user_id: int) -> None:
    """Of what no bank is asked for: take it from the balance, or say that it is not there."""
    if charged.call_id is not None:
        return
    try:
        needed = await in_base(tx, amount)
    except NotExchanged:
        await move(tx, charged.transaction_id, "failed", failure_reason=NO_RATE)
        return
    has_card = any(one.gateway for one in await chosen(tx, user_id, AUTO, None, tx.now))
    if not has_card and await available(tx, user_id, lock=True) < needed.amount:
        await move(tx, charged.transaction_id, "failed", failure_reason=NO_FUNDS)
        return
    voucher = await spend(tx, user_id, amount, charged.transaction_id, "subscribe_to_plan")
    paid = {"authorized": amount.amount, "captured": amount.amount, "voucher_id": voucher}
    await move(tx, charged.transaction_id, "finalized", **paid)


async def charge_cycle(tx: Tx, row: Row, cycle: Row, *, inline: bool = False) -> Charge:
    """Collect the fee of a cycle; its transaction from now on is the new one."""
    amount = Money(cycle["fee"], cycle["currency"])
    charged = await charge(tx, row, amount, inline=inline)
    await tx.run(_PAID_BY, key=cycle["id"], transaction=charged.transaction_id, now=tx.now)
    await settle_from_balance(tx, charged, amount, row["user_id"])
    return charged
