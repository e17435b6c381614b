"""What comes of payments: how a provider says that one stands, written to its transaction and to the ledger."""

from decimal import Decimal
from typing import Any

from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.billing.gateways.gateway import Outcome
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.transactions.states import RANKS, amend, move, transaction

EVENT = "event"
"""The step of an outcome that a provider told by itself."""


async def apply(tx: Tx, transaction_id: int, outcome: Outcome, step: str) -> Row:
    """Write what a call of this step, or an event, says; the transaction as it then is. What it knows already, or
    better, stays: outcomes may come in any order and any number of times."""
    row = await transaction(tx, transaction_id, lock=True)
    named = _named(row, outcome)
    if outcome.state == "captured":
        row = await _captured(tx, row, outcome, named)
    elif (status := _risen(row, outcome)) is not None:
        row = await move(tx, row["id"], status, **named, **_columns(outcome)) or row
    elif named:
        row = await amend(tx, row["id"], **named)
    return row


def _named(row: Row, outcome: Outcome) -> dict[str, Any]:
    """The provider's name for the payment, where it is new."""
    if outcome.reference is None or row["gateway_reference"] is not None:
        return {}
    return {"gateway_reference": outcome.reference, "ref": row["ref"] or outcome.reference}


def _risen(row: Row, outcome: Outcome) -> Any:
    """The status that an outcome raises a transaction to; None where it has that or a higher one. One that is `pending`
    after it was authorized waits for its capture, and to be told again that it is authorized says nothing of that."""
    status = {"pending": "pending", "authorized": "authorized", "declined": "failed", "voided": "reversed"}
    found: Any = status[outcome.state]
    if RANKS[found] <= RANKS[row["status"]] or (found == "authorized" and row["authorized"]):
        return None
    return found


def _columns(outcome: Outcome) -> dict[str, Any]:
    match outcome.state:
        case "authorized":
            return {"authorized": outcome.authorized}
        case "declined":
            return {"failure_reason": outcome.reason, "bank_message": outcome.message}
        case "voided":
            return {"amount": Decimal(0)}
        case _:
            return {}


async def _captured(tx: Tx, row: Row, outcome: Outcome, named: dict[str, Any]) -> Row:
    held = max(row["authorized"], outcome.authorized, outcome.captured)
    found = await move(tx, row["id"], "finalized", captured=outcome.captured, authorized=held, **named)
    if found is not None:
        row = found
        await _post_capture(tx, row)
    refunded = min(outcome.refunded, row["captured"])
    if refunded > row["refunded"]:
        whole: dict[str, Any] = {"status": "refunded"} if refunded == row["captured"] else {}
        row = await amend(tx, row["id"], refunded=refunded, **whole)
    return row


async def _post_capture(tx: Tx, row: Row) -> None:
    currency = row["currency"]
    if row["captured"]:
        await post(tx, Entry(
            key=f"transaction:{row['id']}:captured", debit=Account("gateway", currency),
            credit=Account("receivable", currency, row["user_id"] or 0), amount=row["captured"],
            transaction_id=row["id"], session_id=row["session_id"],
        ))  # fmt: skip
