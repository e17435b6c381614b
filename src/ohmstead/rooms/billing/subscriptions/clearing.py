"""Clearing: what a user's subscription has accumulated, and nobody paid, is given up."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import text

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import BadRequest
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.sessions.settling import locked_bill
from ohmstead.rooms.billing.sessions.standing import advance
from ohmstead.rooms.billing.subscriptions import states
from ohmstead.rooms.billing.subscriptions.bill_outcomes import FAILED, paid_up
from ohmstead.rooms.billing.transactions.states import amend
from ohmstead.rooms.people.users import users

_THEIRS = Statement(text("SELECT id FROM subscription WHERE user_id = CAST(:user AS bigint) ORDER BY id"))
_LOCK = Statement(
    text("""
WITH item AS (
    SELECT id, session_id, bill_id FROM payment_transaction
    WHERE subscription_id = ANY(CAST(:subscriptions AS bigint[])) AND means = 'subscription' AND status = 'pending'
)
SELECT * FROM payment_transaction AS paid
WHERE paid.id IN (SELECT id FROM item UNION SELECT bill_id FROM item)
   OR paid.session_id IN (SELECT session_id FROM item)
ORDER BY paid.id FOR NO KEY UPDATE""")
)
_ON_NO_BILL = Statement(text("UPDATE payment_transaction SET bill_id = NULL WHERE id = ANY(CAST(:items AS bigint[]))"))

clearing = Group("action / user", "actions/users/", "users", access=OPERATOR)


@clearing.post(
    "v1.0/{user}/clear-subscription-amount-due",
    "User / Clear Subscription Amount Due",
    errors=(400, 401, 403, 404, 429),
)
async def clear_amount_due(call: Call) -> None:
    """Give up for good what a user's subscriptions accumulated, sessions and fees, and nobody has paid. A subscription
    that was suspended for it is active again."""
    tx, user = call.tx, await users.find(call)
    theirs = [row["id"] for row in await tx.all(_THEIRS, user=user["id"])]
    if not theirs:
        raise BadRequest("The user has no subscription.")
    rows = {row["id"]: row for row in await tx.all(_LOCK, subscriptions=theirs)}
    items = [row for row in rows.values() if row["means"] == "subscription" and row["status"] == "pending"]
    bills = [rows[key] for key in {one["bill_id"] for one in items} if key is not None]
    for bill in bills:
        if bill["status"] not in FAILED and (bill["billing_type"] == "internal" or bill["status"] != "pending"):
            raise BadRequest(f"Money of the transaction {bill['id']} is on its way: wait for it first.")
    await _give_up(tx, items, bills)
    for key in sorted({one["subscription_id"] for one in items}):
        await paid_up(tx, await states.locked(tx, key))
    call.changes = {"id": user["id"], "amount": str(sum((one["amount"] for one in items), Decimal(0)))}


async def _give_up(tx: Tx, items: Sequence[Row], bills: Sequence[Row]) -> None:
    await tx.run(_ON_NO_BILL, items=[one["id"] for one in items])
    for one in items:
        await (_fee if one["session_id"] is None else _session)(tx, one)
    for bill in bills:
        if bill["status"] == "pending":
            await amend(tx, bill["id"], status="reversed", amount=Decimal(0))


async def _session(tx: Tx, item: Row) -> None:
    """It is given up as what an operator waives is: its price stays, and so no item is left."""
    bill = await locked_bill(tx, item["session_id"])
    assert bill is not None, "an item is of a session that has one"
    await post(tx, _entry(item, f"session:{item['session_id']}:cleared:{item['id']}"))
    bill["waived"] += item["amount"]
    await advance(tx, bill, all_locked=True)


async def _fee(tx: Tx, item: Row) -> None:
    await post(tx, _entry(item, f"transaction:{item['id']}:cleared"))
    await amend(tx, item["id"], status="reversed", amount=Decimal(0))


def _entry(item: Row, key: str) -> Entry:
    return Entry(
        key=key, debit=Account("waived", item["currency"]),
        credit=Account("receivable", item["currency"], item["user_id"] or 0), amount=item["amount"],
        transaction_id=item["id"], session_id=item["session_id"],
    )  # fmt: skip
