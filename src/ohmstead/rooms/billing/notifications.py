"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from typing import Literal

from ohmstead.kit.facts import Action
from ohmstead.kit.notifications import Notification, Table
from ohmstead.kit.views import View
from ohmstead.rooms.billing.durable_facts import PaymentMethodChanged, TransactionChanged
from ohmstead.rooms.operator.contents import Moment


class TransactionNotification(View):
    transaction_id: int
    action: Literal["created", "updated"]
    last_updated_at: Moment


def _transaction(fact: TransactionChanged, at: str) -> TransactionNotification | None:
    if fact.action == "deleted":  # which none is
        return None
    return TransactionNotification(transaction_id=fact.id, action=fact.action, last_updated_at=at)


class PaymentMethodNotification(View):
    payment_method_id: str
    user_id: int
    action: Action
    last_updated_at: Moment


def _payment_method(fact: PaymentMethodChanged, at: str) -> PaymentMethodNotification:
    return PaymentMethodNotification(
        payment_method_id=fact.id, user_id=fact.user_id, action=fact.action, last_updated_at=at
    )


NOTIFICATIONS: Table = (
    Notification(
        "transaction.changed", TransactionChanged, TransactionNotification, _transaction, "transaction", "transactions"
    ),
    Notification(
        "user.paymentMethod.changed", PaymentMethodChanged, PaymentMethodNotification, _payment_method,
        "paymentMethod", "users",
    ),
)  # fmt: skip
