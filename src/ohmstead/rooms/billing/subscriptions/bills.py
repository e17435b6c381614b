"""Bills of post-paid subscriptions: at the end of each cycle, and at the plan's threshold, all that was accumulated is
collected by one transaction of the user's means. What follows from its outcome is in `bill_outcomes`."""

from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, select, text, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.balance.spending import NotExchanged, available, in_base, spend
from ohmstead.rooms.billing.gateways.calls import begin_call
from ohmstead.rooms.billing.gateways.gateway import Money, gateways
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.methods.installments import installment
from ohmstead.rooms.billing.methods.means import BALANCE_MEANS, Means, means_of
from ohmstead.rooms.billing.sessions.holds import of_card
from ohmstead.rooms.billing.subscriptions import states
from ohmstead.rooms.billing.subscriptions.accumulating import watch_threshold
from ohmstead.rooms.billing.subscriptions.table import subscription, subscription_cycle
from ohmstead.rooms.billing.taxed import Taxed
from ohmstead.rooms.billing.transactions.states import move, open_transaction, transaction
from ohmstead.rooms.people.users import ev_user
from ohmstead.store.due_work import DueWork

PAUSE = timedelta(minutes=10)  # after a fault of ours

_own = subscription.c
_LOCK_ITEMS = Statement(
    text("""
SELECT item.id, item.amount, item.currency FROM payment_transaction AS item
LEFT JOIN payment_transaction AS bill ON bill.id = item.bill_id
WHERE item.subscription_id = CAST(:subscription AS bigint) AND item.means = 'subscription' AND item.status = 'pending'
  AND (item.bill_id IS NULL OR bill.status IN ('failed', 'reversed', 'refunded'))
ORDER BY item.id FOR NO KEY UPDATE OF item""")
)
_ON_BILL = Statement(
    text("""
UPDATE payment_transaction SET bill_id = CAST(:bill AS bigint), updated_at = :now
WHERE id = ANY(CAST(:items AS bigint[]))""")
)
_PARTNER = Statement(select(ev_user.c.partner_id).where(ev_user.c.id == bindparam("user", type_=BigInteger)))
_LATER = Statement(
    update(subscription)
    .where(_own.id == bindparam("key", type_=BigInteger))
    .values(bill_due_at=bindparam("at", type_=DateTime(timezone=True)))
)


async def end_of_cycle(tx: Tx, row: Row, cycle: Row, fee: Taxed | None) -> int | None:
    """A cycle of a post-paid subscription, which is locked, has ended: its fee is sold and left to the bill, which is
    made now, with all else that was accumulated. The fee's transaction, None where the cycle is free. Once for each
    cycle."""
    key: int | None = cycle["transaction_id"]
    if key is None and fee is not None:
        key = await _open_fee(tx, row, cycle, fee)
    if row["bill_due_at"] is None:
        await states.changed(tx, row, bill_due_at=tx.now)
    return key


async def _open_fee(tx: Tx, row: Row, cycle: Row, fee: Taxed) -> int:
    means = installment(row["id"])
    key = await open_transaction(
        tx, purchase_type="subscription_plan", purchase_id=cycle["plan_id"], subscription_id=row["id"],
        user_id=row["user_id"], partner_id=await tx.value(_PARTNER, user=row["user_id"]), status="pending",
        means=means.type, payment_method_id=means.id, currency=fee.currency, amount=fee.amount,
    )  # fmt: skip
    owed, tax = Account("receivable", fee.currency, row["user_id"]), Account("tax", fee.currency, fee.tax_id or 0)
    sold = {"net": (Account("revenue", fee.currency), fee.net), "tax": (tax, fee.amount - fee.net)}
    await post(tx, *(
        Entry(key=f"transaction:{key}:billed:{name}", debit=owed, credit=account, amount=part, transaction_id=key)
        for name, (account, part) in sold.items() if part > 0
    ))  # fmt: skip
    known: dict[str, Any] = {
        "transaction_id": key, "fee": fee.amount, "net": fee.net, "currency": fee.currency, "tax_id": fee.tax_id,
        "tax_percentage": fee.tax_percentage, "updated_at": tx.now,
    }  # fmt: skip
    await tx.run(update(subscription_cycle).where(subscription_cycle.c.id == cycle["id"]).values(known))
    return key


async def make_bills(tx: Tx, subscription_id: int) -> list[int]:
    """Bill what was accumulated and what an earlier bill could not collect, where that is due; the bills, one for each
    currency. Items are locked before their subscription: those that come meanwhile are for the next bill."""
    items = await tx.all(_LOCK_ITEMS, subscription=subscription_id)
    row = await states.locked(tx, subscription_id)
    if row["bill_due_at"] is None or row["bill_due_at"] > tx.now:
        return []
    row = await states.changed(tx, row, bill_due_at=None)
    made = [
        await _bill(tx, row, currency, [*of_it])
        for currency, of_it in groupby(sorted(items, key=lambda one: one["currency"]), lambda one: one["currency"])
    ]
    await watch_threshold(tx, row)
    return [key for key in made if key is not None]


async def _bill(tx: Tx, row: Row, currency: str, items: list[Row]) -> int | None:
    money = Money(sum((one["amount"] for one in items), Decimal(0)), currency)
    pays = None if row["external"] else await _means(tx, row["user_id"], money)
    if pays == _LATER_ON:
        return None
    values: dict[str, Any] = {
        "purchase_type": "subscription_plan", "purchase_id": row["plan_id"], "subscription_id": row["id"],
        "user_id": row["user_id"], "partner_id": await tx.value(_PARTNER, user=row["user_id"]), "currency": currency,
        "amount": money.amount,
    }  # fmt: skip
    if row["external"]:
        values |= {"billing_type": "external", "status": "pending"}
    elif isinstance(pays, Means):
        values |= of_card(pays)
    else:
        values |= {"means": "balance", "status": "failed", "failure_reason": pays, "settle_due_at": tx.now}
    key = await open_transaction(tx, **values)
    await tx.run(_ON_BILL, bill=key, items=[one["id"] for one in items], now=tx.now)
    if isinstance(pays, Means):
        await _collect(tx, key, row["user_id"], pays, money)
    return key


_LATER_ON = "later"
INSUFFICIENT, NOBODY_EXCHANGES = "The balance is insufficient.", "There is no exchange rate to the base currency."


async def _means(tx: Tx, user_id: int, money: Money) -> Means | str:
    """What pays a bill: the first card that is good; for less than its provider takes the balance, whatever is on it;
    without a card the balance, where it suffices. Else why nothing does, or that it waits for the next bill."""
    all_ = await means_of(tx, user_id, tx.now)
    card = next((one for one in all_ if one.type == "tokenized" and not one.expired), None)
    balance = BALANCE_MEANS in all_
    if card is not None and money.amount >= gateways.current[str(card.gateway)].minimum(money.currency):
        return card
    if not balance:
        return INSUFFICIENT if card is None else _LATER_ON
    try:
        needed = await in_base(tx, money)
    except NotExchanged:
        return NOBODY_EXCHANGES
    suffices = card is not None or await available(tx, user_id, lock=True) >= needed.amount
    return BALANCE_MEANS if suffices else INSUFFICIENT


async def _collect(tx: Tx, key: int, user_id: int, means: Means, money: Money) -> None:
    if means.type == "balance":
        voucher = await spend(tx, user_id, money, key, "subscribe_to_plan")
        await move(tx, key, "finalized", authorized=money.amount, captured=money.amount, voucher_id=voucher)
    else:
        await begin_call(tx, await transaction(tx, key), "authorize", money.amount)


class BillMaking(DueWork):
    """Makes the bills that are due: at the end of cycles, at thresholds, and of what is tried again."""

    due = Statement(
        select(_own.id)
        .where(_own.bill_due_at <= bindparam("now", type_=DateTime(timezone=True)))
        .order_by(_own.bill_due_at)
        .limit(bindparam("most", type_=Integer))
    )

    async def carry_out(self, row: Row) -> None:
        async with self._database.begin() as tx:
            await make_bills(tx, row["id"])

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        async with self._database.begin() as tx:
            await tx.run(_LATER, key=row["id"], at=tx.now + PAUSE)
