"""Transactions as the API shows them: what was paid, or tried, of what and by what means."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Text, case, false, func, literal, literal_column, null, or_, select

from ohmstead.kit.access import PARTNER, Access
from ohmstead.kit.filters import Filter, changed, equals, in_list, one_of, since, until
from ohmstead.kit.money import bounded
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Deprecated, Id, Opt, ReadOnly, View
from ohmstead.rooms.billing.documents.table import document
from ohmstead.rooms.billing.durable_facts import TransactionChanged
from ohmstead.rooms.billing.transactions.table import Purchase, Status, payment_transaction
from ohmstead.rooms.charging.sessions.resource import sessions
from ohmstead.rooms.people.users import ev_user

Amount = Annotated[Decimal, bounded(0, 10**12, places=6)]
Brand = Literal["visa", "mastercard", "paypal", "maestro", "amex", "unknown"]
Wallet = Literal["applepay", "googlepay", "twint", "other"]
BillingType = Literal["internal", "external"]
Last4 = Annotated[str, Meta(min_length=4, max_length=4)]
CardText = Annotated[str, Meta(max_length=10)]
Text255 = Annotated[str, Meta(max_length=255)]


class CardDetails(View):
    type: Opt[Brand | None] = UNSET
    last4: Opt[Last4 | None] = UNSET
    exp_month: Opt[str | None] = UNSET
    exp_year: Opt[str | None] = UNSET
    token: Opt[str | None] = UNSET
    tokenization_method: Opt[
        Literal["apple_pay", "google_pay", "masterpass", "visa_checkout", "samsung_pay", "amex_express_checkout"]
    ] = UNSET


class Transaction(View):
    id: Id
    number: Annotated[str | None, Meta(description="Of its receipt.")]
    date: Annotated[datetime, Meta(description="When it was made.")]
    user_id: int | None
    user_email: Opt[Annotated[str, Meta(extra_json_schema={"format": "email"})]] = UNSET
    session_id: int | None
    payment_method: Deprecated[Opt[Annotated[str | None, Meta(description="As a payment terminal describes it.")]]] = (
        UNSET
    )
    payment_method_id: Opt[
        Annotated[
            str | None,
            Meta(
                description="Of a stored means its id; `corporate:3`, `wallet:applepay` or `bank_transfer:sepa`; null "
                "for the balance."
            ),
        ]
    ] = UNSET
    purchase_resource_type: Opt[Purchase] = UNSET
    purchase_resource_id: Opt[
        Annotated[int | None, Meta(description="What was bought; of an authorisation the session.")]
    ] = UNSET
    total_amount: Opt[
        Annotated[
            Decimal,
            Meta(description="With tax. What was collected, once it is finalized; 0 where it was reversed."),
        ]
    ] = UNSET
    currency: Annotated[str, Meta(min_length=3, max_length=3)]
    status: Opt[Status] = UNSET
    ref: Annotated[str, Meta(description="By what the payment provider or the terminal knows it.")]
    bank_message: Opt[str] = UNSET
    failure_reason: Opt[str | None] = UNSET
    invoice_id: Opt[int | None] = UNSET
    invoice_no: Deprecated[Opt[str | None]] = UNSET
    receipt_id: Opt[int | None] = UNSET
    billing_type: Opt[
        Annotated[BillingType, Meta(description="External: collected outside of the system, which was told.")]
    ] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET
    finalized_at: ReadOnly[Opt[datetime | None]] = UNSET
    terminal_id: Opt[int | None] = UNSET
    voucher_id: Opt[
        Annotated[int, Meta(description="Of a payment from the balance: the voucher that it was taken off first.")]
    ] = UNSET
    card_details: Opt[CardDetails] = UNSET


class PaidBy(View):
    """By what means somebody paid outside of the system."""

    method_type: Opt[Literal["card", "bank_transfer"]] = UNSET
    card_network: Opt[Annotated[Brand, Meta(description="Of a card.")]] = UNSET
    bank_transfer_type: Opt[Annotated[Literal["pse", "sepa"], Meta(description="Of a bank transfer.")]] = UNSET
    type: Deprecated[Opt[Annotated[Brand, Meta(description="The card network, without a methodType.")]]] = UNSET
    last4: Opt[Last4] = UNSET
    exp_month: Opt[CardText] = UNSET
    exp_year: Opt[CardText] = UNSET


class PaidByAny(PaidBy):
    """The same, or a wallet."""

    method_type: Opt[Literal["card", "bank_transfer", "wallet"]] = UNSET
    wallet_type: Opt[Annotated[Wallet, Meta(description="Of a wallet.")]] = UNSET


class TransactionChange(View):
    """What may be said of a payment that another system collects."""

    payment_method: Opt[PaidBy] = UNSET
    status: Annotated[Status, Meta(description="It only moves on, and a finalized one is not changed any more.")]
    total_amount: Amount
    ref: Opt[Text255] = UNSET
    failure_reason: Opt[Text255] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET


class TransactionCreation(View):
    """A payment that another system collects, or collected."""

    session_id: Opt[Annotated[int, Meta(description="What is paid. Whether the amount fits is not looked at.")]] = UNSET
    payment_method: Opt[PaidByAny] = UNSET
    status: Status
    total_amount: Amount
    ref: Opt[Text255] = UNSET
    failure_reason: Opt[Text255] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET


_own = payment_transaction.c
# the row itself by its text, for in what an INSERT returns nothing is correlated
_whose = literal_column(f"{payment_transaction.name}.{_own.user_id.name}", BigInteger)
_email = select(ev_user.c.email).where(ev_user.c.id == _whose, ev_user.c.deleted_at.is_(None))
_invoice = literal_column(f"{payment_transaction.name}.{_own.invoice_id.name}", BigInteger)
_invoice_no = select(document.c.number).where(document.c.id == _invoice)
_total = case(
    (or_(_own.status == "finalized", _own.status == "refunded"), _own.captured),
    (_own.status == "reversed", literal(0)),
    else_=_own.amount,
)
_PAID_BY = Literal[
    "visa", "mastercard", "paypal", "maestro", "amex", "unknown", "applepay", "googlepay", "twint", "other"
]
_STATUSES = Literal[Status, "reserved"]

transactions = Resource(
    "transactions",
    payment_transaction,
    tag="resource / transactions",
    title="Transaction",
    key="transaction",
    # a partner sees what was paid at its charge points and by its users; what was collected elsewhere only the operator
    # says, whose money it is
    access=Access(_own.partner_id == PARTNER, false()),
    versions=[
        Version(
            "v1.0",
            Transaction,
            pages=Pages.EITHER,
            verbs=("list", "create", "read", "update"),
            create_view=TransactionCreation,
            update_view=TransactionChange,
            required_on_update=("status", "total_amount"),
            terminals=("create", "read", "update"),
            unwrapped=("read",),
            extra_statuses={"list": (400,), "update": (409,)},
        )
    ],
    filters=[
        since("createdAfter", _own.created_at),
        until("createdBefore", _own.created_at),
        *changed(_own.updated_at),
        Filter(
            "paymentMethod",
            _PAID_BY,
            lambda value: or_(
                _own.card["type"].astext == value,
                func.replace(_own.card["tokenizationMethod"].astext, "_", "") == value,
                _own.payment_method_id == func.concat("wallet:", value),
            ),
            Text(),
        ),
        equals("userId", _own.user_id, int),
        Filter("invoiceNumber", int, lambda value: _own.invoice_id == value, BigInteger(), "An invoice by its id."),
        Filter(
            "status", _STATUSES, lambda value: _own.status == func.replace(value, "reserved", "reversed"), Text(),
            "reserved: those that were reversed.",
        ),
        equals("sessionId", _own.session_id, int),
        equals("ref", _own.ref),
        one_of("billingType", _own.billing_type, "internal", "external"),
        equals("terminalId", _own.terminal_id, int),
        until("finalizedBefore", _own.finalized_at),
        since("finalizedAfter", _own.finalized_at),
        equals("voucherId", _own.voucher_id, int),
        in_list("purchaseType", _own.purchase_type, Purchase),
    ],
    columns={
        "date": _own.created_at,
        "user_email": _email.scalar_subquery(),
        "payment_method": _own.description,
        "purchase_resource_type": _own.purchase_type,
        "purchase_resource_id": _own.purchase_id,
        "total_amount": _total,
        "invoice_no": _invoice_no.scalar_subquery(),
        "voucher_id": case((_own.payment_method_id.is_(None), _own.voucher_id), else_=null()),
        "card_details": _own.card,
    },
    changed=TransactionChanged,
    references={"session_id": sessions},
)  # fmt: skip
