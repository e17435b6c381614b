"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from typing import Literal

from ohmstead.kit.notifications import Notification, Table
from ohmstead.kit.views import View
from ohmstead.rooms.billing.durable_facts import TransactionChanged
from ohmstead.rooms.operator.contents import Moment


class TransactionNotification(View):
    transaction_id: int
    action: Literal["created", "updated"]
    last_updated_at: Moment


def _transaction(fact: TransactionChanged, at: str) -> TransactionNotification | None:
    if fact.action == "deleted":  # which none is
        return None
    return TransactionNotification(transaction_id=fact.id, action=fact.action, last_updated_at=at)


NOTIFICATIONS: Table = (
    Notification(
        "transaction.changed", TransactionChanged, TransactionNotification, _transaction, "transaction", "transactions"
    ),
)
