"""Accumulating: a session that a post-paid subscription pays is an item of its next bill, a transaction that is pending
until that bill is paid. Its amount follows the price for as long as it is on no bill."""

from decimal import Decimal
from typing import Any

from ohmstead.kit.db import Row, Tx
from ohmstead.kit.questions import Question
from ohmstead.rooms.billing.methods.means import Means
from ohmstead.rooms.billing.transactions.states import amend, open_transaction

accumulated: Question[[Tx, int], None] = Question("what follows where a subscription has more to bill?")
"""Asked with the subscription, after everything else of the session is locked."""


def accumulates(row: Row) -> bool:
    """Whether a transaction is an item that is on no bill yet."""
    return row["means"] == "subscription" and row["status"] == "pending" and row["bill_id"] is None


async def open_item(tx: Tx, means: Means, values: dict[str, Any]) -> None:
    """Leave an amount to a subscription: `values` are columns of its transaction."""
    assert means.subscription_id is not None, "it is a subscription"
    await open_transaction(
        tx, **values, status="pending", means=means.type, payment_method_id=means.id,
        subscription_id=means.subscription_id,
    )  # fmt: skip
    await accumulated(tx, means.subscription_id)


async def adjust(tx: Tx, item: Row, amount: Decimal) -> None:
    """Have an item, which is locked and on no bill, be another amount; without any it is reversed."""
    status = "pending" if amount else "reversed"
    await amend(tx, item["id"], amount=amount, status=status)
    if amount > item["amount"]:
        await accumulated(tx, item["subscription_id"])
