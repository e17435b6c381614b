"""What a post-paid subscription has accumulated: it is owed, and billed once it reaches the threshold of the plan."""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import text

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.sessions.accumulating import accumulated
from ohmstead.rooms.billing.subscriptions import states
from ohmstead.rooms.billing.subscriptions.terms import read
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.exchange import converted
from ohmstead.rooms.people.users import amounts_due

NOTHING = Decimal(0)
_ITEMS = "item.means = 'subscription' AND item.status = 'pending'"
_UNBILLED = Statement(
    text(f"""
SELECT item.currency, SUM(item.amount) AS amount FROM payment_transaction AS item
WHERE item.subscription_id = CAST(:subscription AS bigint) AND {_ITEMS} AND item.bill_id IS NULL
GROUP BY item.currency""")
)
_OWED = Statement(
    text(f"""
SELECT subscription.user_id, item.currency, SUM(item.amount) AS amount
FROM subscription JOIN payment_transaction AS item ON item.subscription_id = subscription.id
WHERE subscription.user_id = ANY(CAST(:ids AS bigint[])) AND {_ITEMS}
GROUP BY subscription.user_id, item.currency""")
)


@accumulated.answer
async def the_threshold_is_watched(tx: Tx, subscription_id: int) -> None:
    """The subscription is locked: of two sessions that end at once the second counts what the first has left."""
    await watch_threshold(tx, await states.locked(tx, subscription_id))


async def watch_threshold(tx: Tx, row: Row) -> None:
    """Have a subscription, which is locked, billed now where so much is on no bill. One that is to be billed anyway, or
    tried again, waits for that."""
    threshold = read(row["terms"]).threshold
    if threshold is None or row["bill_due_at"] is not None or row["status"] not in ("active", "canceled"):
        return
    sums = [await _in_base(tx, one) for one in await tx.all(_UNBILLED, subscription=row["id"])]
    if sums and sum(sums, NOTHING) >= threshold:
        await states.changed(tx, row, bill_due_at=tx.now)


@amounts_due.answer
async def what_is_accumulated_is_due(tx: Tx, ids: list[int]) -> Mapping[int, Decimal]:
    due: dict[int, Decimal] = {}
    for row in await tx.all(_OWED, ids=ids):
        due[row["user_id"]] = due.get(row["user_id"], NOTHING) + await _in_base(tx, row)
    precision = await settings.base_precision(tx)
    return {key: precision.amount(amount) for key, amount in due.items()}


async def _in_base(tx: Tx, row: Row) -> Decimal:
    """An amount in base currency; of a currency without a rate as it is."""
    base = await settings.base_currency_code(tx) or row["currency"]
    found = await converted(tx, row["amount"], row["currency"], base)
    return row["amount"] if found is None else found
