"""Outcomes of bills: what was collected pays the items, what failed is tried again by the schedule of the settings and
suspends the subscription meanwhile, and what is given back of an item its bill gives back.

That is done by due work, not when a bill moves: its items are locked before it, and their sessions after them.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, select, text, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.durable_facts import TransactionChanged
from ohmstead.rooms.billing.gateways.calls import begin_call
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.refunds.refund import refund, refundable
from ohmstead.rooms.billing.subscriptions import states
from ohmstead.rooms.billing.subscriptions.bills import PAUSE
from ohmstead.rooms.billing.transactions.states import is_bill, move, moved
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.operator import settings
from ohmstead.store.due_work import DueWork

_own = payment_transaction.c
_key, _at = bindparam("key", type_=BigInteger), bindparam("at", type_=DateTime(timezone=True))
_DUE_AT = Statement(update(payment_transaction).where(_own.id == _key).values(settle_due_at=_at))
_LOCK = Statement(
    text("""
SELECT * FROM payment_transaction WHERE id = CAST(:key AS bigint) OR bill_id = CAST(:key AS bigint)
   OR id = (SELECT bill_id FROM payment_transaction WHERE id = CAST(:key AS bigint))
ORDER BY id FOR NO KEY UPDATE""")
)
_RETURNED = Statement(
    text("""
SELECT COALESCE(SUM(amount), 0) FROM ledger_entry
WHERE transaction_id = CAST(:bill AS bigint) AND key LIKE 'transaction:' || CAST(:item AS bigint) || ':returned:%'""")
)
_UNPAID = Statement(
    text("""
SELECT item.id FROM payment_transaction AS item JOIN payment_transaction AS bill ON bill.id = item.bill_id
WHERE item.subscription_id = CAST(:subscription AS bigint) AND item.means = 'subscription' AND item.status = 'pending'
  AND bill.status IN ('failed', 'reversed', 'refunded') LIMIT 1""")
)
FAILED = ("failed", "reversed", "refunded")
"""Of a bill: nothing of it is here."""


@moved.answer
async def what_follows_is_noted(tx: Tx, row: Row) -> None:
    """A bill that is held is captured; what else follows is for the due work."""
    if row["subscription_id"] is None:
        return
    if row["means"] == "subscription":
        is_due = row["bill_id"] is not None and row["refunded"] > 0
    elif row["purchase_type"] == "subscription_plan" and await is_bill(tx, row["id"]):
        if row["status"] == "authorized" and row["billing_type"] == "internal":
            await begin_call(tx, row, "capture", row["amount"])
        is_due = row["status"] in ("finalized", *FAILED)
    else:
        return
    if is_due:
        await tx.run(_DUE_AT, key=row["id"], at=tx.now)


async def follow(tx: Tx, key: int) -> None:
    """Do what follows from how a bill stands, or from what was given back of an item."""
    rows = {row["id"]: row for row in await tx.all(_LOCK, key=key)}
    await tx.run(_DUE_AT, key=key, at=None)
    row = rows[key]
    if row["means"] == "subscription":
        await _give_back(tx, row, rows)
        return
    items = [one for one in rows.values() if one["bill_id"] == key and one["status"] == "pending"]
    if items and row["status"] == "finalized":
        await _paid(tx, row, items)
    elif items and row["status"] in FAILED:
        await _not_paid(tx, row)


async def _paid(tx: Tx, bill: Row, items: Sequence[Row]) -> None:
    currency, user = bill["currency"], bill["user_id"] or 0
    owed, between = Account("receivable", currency, user), Account("subscription", currency, user)
    await post(tx, *(
        Entry(key=f"transaction:{one['id']}:subscription", debit=between, credit=owed, amount=one["amount"],
              transaction_id=one["id"], session_id=one["session_id"])
        for one in items
    ), Entry(
        key=f"transaction:{bill['id']}:billed", debit=owed, credit=between, transaction_id=bill["id"],
        amount=sum((one["amount"] for one in items), Decimal(0)),
    ))  # fmt: skip
    for one in items:
        await move(tx, one["id"], "finalized", locked=one, authorized=one["amount"], captured=one["amount"])
    tx.tell(TransactionChanged(id=bill["id"], action="updated"))  # now it can be said what it is for
    row = await states.locked(tx, bill["subscription_id"])
    if await tx.value(_UNPAID, subscription=row["id"]) is None:
        await paid_up(tx, row)


async def paid_up(tx: Tx, row: Row) -> None:
    """Nothing of a subscription, which is locked, is unpaid any more."""
    if row["status"] == "suspended":
        await states.changed(tx, row, status="active", attempts=0, bill_due_at=None)
    elif row["attempts"]:
        await states.changed(tx, row, attempts=0)


async def _not_paid(tx: Tx, bill: Row) -> None:
    """One that is tried again already waits for that. One that was canceled, or has ended, is not suspended."""
    row = await states.locked(tx, bill["subscription_id"])
    if row["bill_due_at"] is not None and row["attempts"]:
        return
    days, tried = (await settings.billing(tx)).retry_after_days, row["attempts"]
    if tried < len(days):
        status = "suspended" if row["status"] == "active" else row["status"]
        await states.changed(
            tx, row, status=status, attempts=tried + 1, bill_due_at=tx.now + timedelta(days=days[tried])
        )
    elif row["status"] in ("active", "suspended"):
        await states.changed(tx, row, status="expired", bill_due_at=None, due_at=None)


async def _give_back(tx: Tx, item: Row, rows: Mapping[int, Row]) -> None:
    """What was given back of an item leaves its bill, as far as the bill has it."""
    bill = rows[item["bill_id"]]
    amount = item["refunded"] - await tx.value(_RETURNED, bill=bill["id"], item=item["id"])
    if amount <= 0:
        return
    currency, user, known = bill["currency"], bill["user_id"] or 0, f"{item['id']}:returned:{item['refunded']:f}"
    await post(tx, Entry(
        key=f"transaction:{known}", debit=Account("subscription", currency, user),
        credit=Account("receivable", currency, user), amount=amount, transaction_id=bill["id"],
    ))  # fmt: skip
    back = min(amount, await refundable(tx, bill))
    if back > 0:
        await refund(tx, bill, back, f"item:{known}")


class BillOutcomes(DueWork):
    """Does what follows from bills that were paid or failed, and from what was given back of their items."""

    every_s = 5.0
    due = Statement(
        select(_own.id)
        .where(_own.settle_due_at <= bindparam("now", type_=DateTime(timezone=True)))
        .order_by(_own.settle_due_at)
        .limit(bindparam("most", type_=Integer))
    )

    async def carry_out(self, row: Row) -> None:
        async with self._database.begin() as tx:
            await follow(tx, row["id"])

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        async with self._database.begin() as tx:
            await tx.run(_DUE_AT, key=row["id"], at=tx.now + PAUSE)
