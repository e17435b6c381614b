"""What happens in billing, told through the outbox to whoever subscribes."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from ohmstead.kit.facts import Action, Fact, RowChanged

BalanceChange = Literal[
    "transaction", "user_top_up", "api_top_up", "operator_top_up", "voucher", "top_up", "auto_top_up", "add_to_balance",
    "promo_code", "subscribe_to_plan", "custom_fee",
]  # fmt: skip


class TransactionChanged(RowChanged, topic="transaction.changed"):
    """A transaction was made, or its state, sum or reference is another."""


class BalanceChanged(Fact, topic="userBalance.changed"):
    """Money was put on a user's balance (`credit`) or taken off it (`debit`), in base currency."""

    id: int  # the user
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    balance: Decimal
    currency: str
    type: BalanceChange
    transaction_id: int | None = None


class PaymentMethodChanged(Fact, topic="user.paymentMethod.changed"):
    """A user's means of payment was stored, made the default or no longer, or removed."""

    id: str  # as the API names it
    user_id: int
    action: Action


SubscriptionStatus = Literal["active", "canceled", "expired", "suspended", "pending"]


class SubscriptionChanged(Fact, topic="user.subscription.changed"):
    """A user's subscription began, renewed, was suspended or canceled, or ended, or has another plan."""

    id: int  # the subscription
    user_id: int
    plan_id: int
    status: SubscriptionStatus
    ends_at: datetime


class InvoiceDetailsChanged(Fact, topic="user.invoiceDetails.changed"):
    """What a user's invoices say of it was given or changed."""

    id: int  # the user
    action: Literal["created", "updated"]


class SessionPaidUp(Fact, topic="session.paidUp"):
    """A session that was paid in part owes nothing any more."""

    id: int  # the session


class DocumentIssued(Fact, topic="document.issued"):
    """A document got its number."""

    id: int
