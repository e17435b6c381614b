"""External billing: transactions that another system collects and tells us of (D25). They count for their session like
our own; what is finalized stays as it is."""

from decimal import Decimal
from typing import Any

from msgspec import UNSET

from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.validation import label
from ohmstead.kit.views import Opt, camel
from ohmstead.kit.writes import Write
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.transactions.resource import PaidBy, transactions
from ohmstead.rooms.billing.transactions.states import RANKS, moved, transaction
from ohmstead.rooms.billing.transactions.table import Status
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.rooms.operator.settings import base_currency_code

_LAST: tuple[Status, ...] = ("reversed", "finalized", "refunded")
_KINDS = {"card": "card_network", "bank_transfer": "bank_transfer_type", "wallet": "wallet_type"}


@transactions.creating
async def it_is_billed_elsewhere(write: Write) -> None:
    """What is known of it follows from its session."""
    of: Row = write.referred("session_id") or {}
    currency = of.get("currency") or await base_currency_code(write.tx)
    if currency is None:
        write.add_error("sessionId", "Without a session that has a currency, the base currency has to be set.")
        write.raise_errors()
    write.values |= {
        "billing_type": "external",
        "purchase_type": "session",
        "purchase_id": of.get("id"),
        "user_id": of.get("user_id"),
        "partner_id": of.get("partner_id"),
        "terminal_id": of.get("terminal_id"),
        "currency": currency,
    }


@transactions.updating
async def it_only_moves_on(write: Write) -> None:
    """Ours follow their gateway, and what was collected is not changed behind anybody's back."""
    assert write.before is not None
    status, wanted = write.before["status"], write.values["status"]
    if write.before["billing_type"] != "external":
        raise Conflict("Only a transaction of external billing can be changed.")
    if status in _LAST:
        raise Conflict(f"The transaction is {status} and cannot be changed.")
    if RANKS[wanted] < RANKS[status]:
        raise Conflict(f"The transaction is {status} already.")


@transactions.writing
async def the_means_is_known(write: Write) -> None:
    paid_by: PaidBy | None = write.values.pop("payment_method", None)
    if paid_by is not None:
        write.values |= _means(write, paid_by)


@transactions.writing
async def sums_follow_the_state(write: Write) -> None:
    status, currency = write.value_of("status"), write.value_of("currency")
    total = (await precision_of(write.tx, currency)).amount(write.values.pop("total_amount"))
    if write.before is not None and total < write.before["captured"]:
        write.add_error("totalAmount", f"The total amount must be at least {write.before['captured']:f}.")
    collected = status in ("finalized", "refunded")
    write.values |= {
        "amount": total,
        "authorized": total if collected or status == "authorized" else Decimal(0),
        "captured": total if collected else Decimal(0),
        "refunded": total if status == "refunded" else Decimal(0),
    }
    if collected:
        write.values["finalized_at"] = write.call.now


@transactions.written
async def what_was_collected_is_booked(write: Write) -> None:
    row = await transaction(write.tx, write.id)
    await _book(write.tx, row)
    await moved(write.tx, row)


async def _book(tx: Tx, row: Row) -> None:
    if row["captured"] == 0:
        return
    currency = row["currency"]
    entry = Entry(
        key=f"transaction:{row['id']}:external",
        debit=Account("external", currency),
        credit=Account("receivable", currency, row["user_id"] or 0),
        amount=row["captured"],
        transaction_id=row["id"],
        session_id=row["session_id"],
    )
    await post(tx, entry)


def _means(write: Write, paid_by: PaidBy) -> dict[str, Any]:
    """The columns of a means of payment; what its kind requires and is not there is objected to."""
    kind = None if paid_by.method_type is UNSET else paid_by.method_type
    word = _word(write, paid_by, kind)
    if kind in ("bank_transfer", "wallet"):
        return {"means": kind, "payment_method_id": f"{kind}:{word}", "card": None}
    shown = {"type": word, "last4": paid_by.last4, "expMonth": paid_by.exp_month, "expYear": paid_by.exp_year}
    card = {name: value for name, value in shown.items() if value not in (None, UNSET)}
    return {"means": "tokenized" if card else None, "payment_method_id": None, "card": card or None}


def _word(write: Write, paid_by: PaidBy, kind: str | None) -> str | None:
    """What says which card, bank transfer or wallet it is."""
    if kind is None:
        return None if paid_by.type is UNSET else paid_by.type
    word: Opt[str] = getattr(paid_by, _KINDS[kind], UNSET)
    if word is not UNSET:
        return word
    name = f"paymentMethod.{camel(_KINDS[kind])}"
    write.add_error(name, f"The {label(name)} field is required when the method type is {label(kind)}.")
    return None
