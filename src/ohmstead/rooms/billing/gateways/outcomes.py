"""What comes of payments: how a provider says that one stands, written to its transaction and to the ledger."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import convert, to_builtins
from sqlalchemy import text

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.gateways.gateway import Event, Outcome, State
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.transactions.states import RANKS, amend, move, transaction

EVENT = "event"
"""The step of an outcome that a provider told by itself."""

_CLOSE = Statement(
    text("""
UPDATE gateway_call SET state = 'done', outcome = :outcome, due_at = NULL, updated_at = :now
WHERE transaction_id = :transaction_id AND state <> 'done' AND step = ANY(CAST(:steps AS text[]))""")
)
LOCK_NAMES = Statement(
    text("""
SELECT pg_advisory_xact_lock(lock) FROM (
    SELECT hashtextextended(gateway || ' ' || payment, 0) AS lock
    FROM unnest(CAST(:gateways AS text[]), CAST(:payments AS text[])) AS named(gateway, payment)
    ORDER BY 1) AS locks""")
)
"""One at a time makes payments' names known, or keeps an event because its payment's is not."""
_WAITED = Statement(
    text("""
UPDATE gateway_event SET applied_at = :now, updated_at = :now
WHERE (gateway, reference) IN (SELECT * FROM unnest(CAST(:gateways AS text[]), CAST(:payments AS text[])))
  AND applied_at IS NULL RETURNING id, gateway, reference, content""")
)
_ANSWERS: Mapping[State, list[str]] = {
    "authorized": ["authorize"], "declined": ["authorize"], "captured": ["authorize", "capture", "void"],
    "voided": ["authorize", "capture", "void"],
}  # fmt: skip
"""The steps of calls whose outcome is known when this is told."""


async def apply(tx: Tx, transaction_id: int, outcome: Outcome, step: str) -> Row:
    """Write what a call of this step, or an event, says; the transaction as it then is. What it knows already, or
    better, stays: outcomes may come in any order and any number of times."""
    row, is_named = await applied(tx, transaction_id, outcome, step)
    return await hear(tx, [row]) or row if is_named else row


async def applied(tx: Tx, transaction_id: int, outcome: Outcome, step: str) -> tuple[Row, bool]:
    """The same, without the events that waited for it: and whether by this the payment's name is known, so that who
    applies several can `hear` them together."""
    row = await transaction(tx, transaction_id, lock=True)
    named = _named(row, outcome)
    if outcome.state == "captured":
        row = await _captured(tx, row, outcome, named)
    elif (status := _risen(row, outcome)) is not None:
        row = await move(tx, row["id"], status, locked=row, **named, **_columns(row, outcome)) or row
    elif named:
        row = await amend(tx, row["id"], **named)
    if step == EVENT and outcome.state in _ANSWERS:
        told, steps = to_builtins(outcome), _ANSWERS[outcome.state]
        await tx.run(_CLOSE, transaction_id=row["id"], steps=steps, outcome=told, now=tx.now)
    return row, bool(named)


async def hear(tx: Tx, rows: Iterable[Row]) -> Row | None:
    """Apply the events that came before the names of these payments were known; the last transaction that they were
    about, as it then is."""
    found, known = None, {(row["gateway"], row["gateway_reference"]): row["id"] for row in rows}
    named = {"gateways": [gateway for gateway, _ in known], "payments": [payment for _, payment in known]}
    await tx.run(LOCK_NAMES, **named)
    waited = await tx.all(_WAITED, **named, now=tx.now)
    for one in sorted(waited, key=lambda one: one["id"]):
        event = convert(one["content"], Event)
        if event.outcome is not None:
            found = await apply(tx, known[one["gateway"], one["reference"]], event.outcome, EVENT)
    return found


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


def _no_failure(row: Row) -> dict[str, Any]:
    """What is said no more once a payment that had failed is known not to have. What else stands on the bank statement
    stays."""
    return {} if row["failure_reason"] is None else {"failure_reason": None, "bank_message": None}


def _columns(row: Row, outcome: Outcome) -> dict[str, Any]:
    match outcome.state:
        case "authorized":
            return {"authorized": outcome.authorized}
        case "declined":
            return {"failure_reason": outcome.reason, "bank_message": outcome.message or row["bank_message"]}
        case "voided":
            return {"amount": Decimal(0), **_no_failure(row)}
        case _:
            return {}


async def _captured(tx: Tx, row: Row, outcome: Outcome, named: dict[str, Any]) -> Row:
    """What was collected is posted here, what went back by whoever answers `moved`."""
    held = max(row["authorized"], outcome.authorized, outcome.captured)
    sums = {"captured": outcome.captured, "authorized": held}
    found = await move(tx, row["id"], "finalized", locked=row, **sums, **_no_failure(row), **named)
    if found is not None:
        row = found
        await _post_capture(tx, row)
    refunded = min(outcome.refunded, row["captured"])
    if refunded > row["refunded"]:
        whole: dict[str, Any] = {"status": "refunded"} if refunded == row["captured"] else {}
        row = await amend(tx, row["id"], refunded=refunded, **whole)
    return row


async def _post_capture(tx: Tx, row: Row) -> None:
    if not row["captured"]:
        return
    await post(tx, Entry(
        key=f"transaction:{row['id']}:captured", debit=Account("gateway", row["currency"]),
        credit=Account("receivable", row["currency"], row["user_id"] or 0), amount=row["captured"],
        transaction_id=row["id"], session_id=row["session_id"],
    ))  # fmt: skip
