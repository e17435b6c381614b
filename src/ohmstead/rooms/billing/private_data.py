"""What billing holds of a user: what was paid or tried, given back, subscribed to, and asked for beside charging."""

from typing import Any

from sqlalchemy import BigInteger, Table, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.rendering import rendered
from ohmstead.kit.resources import Resource
from ohmstead.rooms.billing.custom_fees import custom_fee, custom_fees
from ohmstead.rooms.billing.refunds.table import payment_refund
from ohmstead.rooms.billing.subscriptions.resource import subscriptions
from ohmstead.rooms.billing.subscriptions.table import subscription
from ohmstead.rooms.billing.transactions.resource import transactions
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.people.private_data import held

_user = bindparam("user", type_=BigInteger)
_of_user, _subscribed = payment_transaction.c.user_id == _user, subscription.c


def _through_transactions(table: Table) -> Statement:
    paid = table.c.transaction_id == payment_transaction.c.id
    return Statement(select(table.c.id).join(payment_transaction, paid).where(_of_user).order_by(table.c.id))


_RESOURCES: dict[str, tuple[Resource, str, Statement]] = {
    "transactions": (
        transactions, "v1.0", Statement(select(payment_transaction.c.id).where(_of_user).order_by("id")),
    ),
    "custom-fees": (custom_fees, "v2.0", _through_transactions(custom_fee)),
    "subscriptions": (
        subscriptions, "v1.0", Statement(select(_subscribed.id).where(_subscribed.user_id == _user).order_by("id")),
    ),
}  # fmt: skip
_back = payment_refund.c
_REFUNDS = Statement(
    select(_back.transaction_id, _back.number, _back.amount, _back.reason, _back.created_at, _back.booked_at)
    .join(payment_transaction, payment_transaction.c.id == _back.transaction_id)
    .where(_of_user)
    .order_by(_back.id)
)


@held.answer
async def payments_of(tx: Tx, user_id: int, context: RenderContext) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (resource, version, statement) in _RESOURCES.items():
        ids = [row[0] for row in await tx.all(statement, user=user_id)]
        shown = await rendered(resource, version, ids, tx, context)
        found[name] = [shown[one] for one in ids if one in shown]
    return found | {"refunds": [dict(row) for row in await tx.all(_REFUNDS, user=user_id)]}
