"""Bills of post-paid subscriptions: at the end of each cycle, and at the plan's threshold, all that was accumulated is
collected by one transaction of the user's means. What follows from its outcome is in `bill_outcomes`."""

from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, select, text, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.methods.installments import installment
from ohmstead.rooms.billing.subscriptions import states
from ohmstead.rooms.billing.subscriptions.accumulating import watch_threshold
from ohmstead.rooms.billing.subscriptions.fees import (
    PURCHASE,
    charge,
    partner_of,
    settle_from_balance,
)
from ohmstead.rooms.billing.subscriptions.table import subscription, subscription_cycle
from ohmstead.rooms.billing.taxed import Taxed, book_sale
from ohmstead.rooms.billing.transactions.states import open_transaction
from ohmstead.store.due_work import DueWork
from ohmstead.store.writes import Writes

PAUSE = timedelta(minutes=10)  # after a fault of ours

_own, _cycles = subscription.c, Writes(subscription_cycle)
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
        tx, purchase_type=PURCHASE, purchase_id=cycle["plan_id"], subscription_id=row["id"], user_id=row["user_id"],
        partner_id=await partner_of(tx, row["user_id"]), status="pending", means=means.type,
        payment_method_id=means.id, currency=fee.currency, amount=fee.amount,
    )  # fmt: skip
    known: dict[str, Any] = {
        "transaction_id": key, "fee": fee.amount, "net": fee.net, "currency": fee.currency, "tax_id": fee.tax_id,
        "tax_percentage": fee.tax_percentage,
    }  # fmt: skip
    await _cycles.update(tx, cycle["id"], known)
    await book_sale(tx, key, row["user_id"], fee)
    return key


async def make_bills(tx: Tx, subscription_id: int) -> list[int]:
    """Bill what was accumulated and what an earlier bill could not collect, where that is due; the bills, one for each
    currency. Items are locked before their subscription: those that come meanwhile are for the next bill."""
    items = await tx.all(_LOCK_ITEMS, subscription=subscription_id)
    row = await states.locked(tx, subscription_id)
    if row["bill_due_at"] is None or row["bill_due_at"] > tx.now:
        return []
    row = await states.changed(tx, row, bill_due_at=None)
    made: list[int] = []
    for currency, some in groupby(sorted(items, key=_currency), key=_currency):
        of_it = [*some]
        money = Money(sum((one["amount"] for one in of_it), Decimal(0)), currency)
        made.append(await _bill(tx, row, money, [one["id"] for one in of_it]))
    await watch_threshold(tx, row)
    return made


def _currency(item: Row) -> str:
    return item["currency"]


async def _bill(tx: Tx, row: Row, money: Money, items: list[int]) -> int:
    """It is named by its items before anything can come of it."""
    charged = None if row["external"] else await charge(tx, row, money)
    key = await _open_elsewhere(tx, row, money) if charged is None else charged.transaction_id
    await tx.run(_ON_BILL, bill=key, items=items, now=tx.now)
    if charged is not None:
        await settle_from_balance(tx, charged, money, row["user_id"])
    return key


async def _open_elsewhere(tx: Tx, row: Row, money: Money) -> int:
    """A bill that another system collects, and tells us of."""
    return await open_transaction(
        tx, purchase_type=PURCHASE, purchase_id=row["plan_id"], subscription_id=row["id"], user_id=row["user_id"],
        partner_id=await partner_of(tx, row["user_id"]), currency=money.currency, amount=money.amount,
        billing_type="external", status="pending",
    )  # fmt: skip


class BillMaking(DueWork):
    """Makes the bills that are due: at the end of cycles, at thresholds, and of what is tried again."""

    every_s = 5.0
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
