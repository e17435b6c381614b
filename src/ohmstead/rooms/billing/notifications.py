"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.facts import Action
from ohmstead.kit.notifications import Notification, Table
from ohmstead.kit.views import Opt, View, stamp
from ohmstead.rooms.billing.durable_facts import (
    BalanceChange,
    BalanceChanged,
    InvoiceDetailsChanged,
    PaymentMethodChanged,
    SubscriptionChanged,
    SubscriptionStatus,
    TransactionChanged,
)
from ohmstead.rooms.operator.contents import Moment
from ohmstead.rooms.people.users import users


class TransactionNotification(View):
    transaction_id: int
    action: Literal["created", "updated"]
    last_updated_at: Opt[Moment] = UNSET


def _transaction(fact: TransactionChanged, at: str) -> TransactionNotification | None:
    if fact.action == "deleted":  # which none is
        return None
    return TransactionNotification(transaction_id=fact.id, action=fact.action, last_updated_at=at)


class BalanceNotification(View):
    """In base currency."""

    debit: Decimal
    credit: Decimal
    updated_balance: Decimal
    user_id: int
    currency: Annotated[str, Meta(min_length=3, max_length=3)]
    type: BalanceChange
    transaction_id: Opt[int | None] = UNSET
    timestamp: Moment
    last_updated_at: Moment


def _balance(fact: BalanceChanged, at: str) -> BalanceNotification:
    return BalanceNotification(
        debit=fact.debit, credit=fact.credit, updated_balance=fact.balance, user_id=fact.id, currency=fact.currency,
        type=fact.type, transaction_id=fact.transaction_id, timestamp=at, last_updated_at=at,
    )  # fmt: skip


class PaymentMethodNotification(View):
    payment_method_id: str
    user_id: int
    action: Action
    last_updated_at: Moment


def _payment_method(fact: PaymentMethodChanged, at: str) -> PaymentMethodNotification:
    return PaymentMethodNotification(
        payment_method_id=fact.id, user_id=fact.user_id, action=fact.action, last_updated_at=at
    )


class InvoiceDetailsNotification(View):
    user_id: int
    action: Literal["created", "updated"]
    last_updated_at: Moment


def _invoice_details(fact: InvoiceDetailsChanged, at: str) -> InvoiceDetailsNotification:
    return InvoiceDetailsNotification(user_id=fact.id, action=fact.action, last_updated_at=at)


class SubscriptionNotification(View):
    user_id: int
    plan_id: int
    status: SubscriptionStatus
    ends_at: Moment
    last_updated_at: Moment


def _subscription(fact: SubscriptionChanged, at: str) -> SubscriptionNotification:
    ends_at = stamp(fact.ends_at)
    return SubscriptionNotification(
        user_id=fact.user_id, plan_id=fact.plan_id, status=fact.status, ends_at=ends_at, last_updated_at=at
    )


class OlderSubscriptionNotification(View):
    user_id: int
    plan_id: int
    status: Literal["active", "cancelled", "expired"]
    end_date: Moment
    last_updated_at: Moment


_OLDER: Mapping[str, Literal["active", "cancelled", "expired"]] = {
    "active": "active", "canceled": "cancelled", "expired": "expired",
}  # fmt: skip


def _older_subscription(fact: SubscriptionChanged, at: str) -> OlderSubscriptionNotification | None:
    """Which knows no others."""
    if (status := _OLDER.get(fact.status)) is None:
        return None
    ends_at = stamp(fact.ends_at)
    return OlderSubscriptionNotification(
        user_id=fact.user_id, plan_id=fact.plan_id, status=status, end_date=ends_at, last_updated_at=at
    )


NOTIFICATIONS: Table = (
    Notification(
        "transaction.changed", TransactionChanged, TransactionNotification, _transaction, "transaction", "transactions"
    ),
    Notification("userBalance.changed", BalanceChanged, BalanceNotification, _balance, "user", users.scope()),
    Notification(
        "user.paymentMethod.changed", PaymentMethodChanged, PaymentMethodNotification, _payment_method,
        "paymentMethod", "users",
    ),
    Notification(
        "user.invoiceDetails.changed", InvoiceDetailsChanged, InvoiceDetailsNotification, _invoice_details, "user",
        users.scope(),
    ),
    Notification(
        "user.subscription.changed", SubscriptionChanged, SubscriptionNotification, _subscription, "subscription",
        "subscriptions",
    ),
    Notification(
        "user.subscriptionChanged", SubscriptionChanged, OlderSubscriptionNotification, _older_subscription,
        "subscription", "subscriptions", deprecated=True,
    ),
)  # fmt: skip
