"""Booking refunds: whenever more of a transaction was given back, by whomever, the ledger follows.

A refund has two halves. The money goes: receivable -> where it came from. And where no lower price is the reason, less
was sold: revenue and tax -> receivable, as far as not merely what was paid too much comes back.
"""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import BigInteger, bindparam, func, insert, select, text, update

from ohmstead.engines.refund_parts import Parts, refund_parts
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.questions import Question
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.refunds.table import payment_refund
from ohmstead.rooms.billing.transactions.states import moved
from ohmstead.rooms.operator.currencies import precision_of

refunded_by_operator: Question[[Tx, Row, Decimal], None] = Question("what follows from a refund that an operator made?")
"""Asked with the transaction and by how much less was sold, in its currency, where it is of a session."""

NONE = Decimal(0)
_own = payment_refund.c
_transaction = bindparam("transaction", type_=BigInteger)
_BOOKED = Statement(
    select(func.coalesce(func.sum(_own.amount), 0)).where(
        _own.transaction_id == _transaction, _own.booked_at.is_not(None)
    )
)
WAITING = """
SELECT refund.* FROM payment_refund AS refund
LEFT JOIN gateway_call AS call ON call.transaction_id = refund.transaction_id
    AND call.step = 'refund:' || refund.number
WHERE refund.transaction_id = CAST(:transaction AS bigint) AND refund.booked_at IS NULL
    AND NOT (call.id IS NOT NULL AND call.state = 'done'
        AND (call.outcome IS NULL OR call.outcome->>'state' = 'declined'))"""
"""Refunds that may still come to pass: those that the provider refused do not."""
_WAITING = Statement(text(WAITING + " ORDER BY refund.number"))
_DONE = Statement(
    update(payment_refund)
    .where(_own.id == bindparam("key", type_=BigInteger))
    .values(booked_at=bindparam("now"), updated_at=bindparam("now"))
)
_PAID_FOR = Statement(
    text("SELECT id FROM session_payment WHERE session_id = CAST(:session AS bigint) FOR NO KEY UPDATE")
)
_ACCOUNTS = Statement(
    text("""
SELECT CASE WHEN credit.kind = 'receivable' THEN debit.kind ELSE credit.kind END AS kind,
    CASE WHEN credit.kind = 'receivable' THEN debit.owner_id ELSE credit.owner_id END AS owner_id,
    entry.key LIKE '%:refund:%' AS refunded,
    SUM(CASE WHEN credit.kind = 'receivable' THEN entry.amount ELSE -entry.amount END) AS given
FROM ledger_entry AS entry
JOIN ledger_account AS debit ON debit.id = entry.debit_id JOIN ledger_account AS credit ON credit.id = entry.credit_id
WHERE 'receivable' IN (debit.kind, credit.kind) AND entry.key <> :key AND (
    entry.transaction_id = CAST(:transaction AS bigint) OR entry.session_id = CAST(:session AS bigint)
    OR entry.transaction_id IN (SELECT id FROM payment_transaction WHERE session_id = CAST(:session AS bigint)))
GROUP BY 1, 2, 3 ORDER BY given""")
)


async def waiting(tx: Tx, transaction_id: int) -> list[Row]:
    """A transaction's refunds that are on their way, in turn."""
    return await tx.all(_WAITING, transaction=transaction_id)


async def new_refund(
    tx: Tx, transaction_id: int, amount: Decimal, key: str, by_operator: bool, reason: str = ""
) -> Row:
    """A refund of a transaction that is locked, on its way."""
    next_number = select(func.coalesce(func.max(_own.number), 0) + 1).where(_own.transaction_id == transaction_id)
    values = {
        "transaction_id": transaction_id, "number": next_number.scalar_subquery(), "key": key, "amount": amount,
        "by_operator": by_operator, "reason": reason or None, "created_at": tx.now, "updated_at": tx.now,
    }  # fmt: skip
    row = await tx.one(insert(payment_refund).values(values).returning(payment_refund))
    assert row is not None
    return row


async def hold_session(tx: Tx, row: Row) -> None:
    """Lock what is to be paid for a transaction's session: before its user, and so that the parts of two refunds are
    reckoned one after the other."""
    if row["session_id"] is not None:
        await tx.value(_PAID_FOR, session=row["session_id"])


@moved.answer
async def refunds_are_booked(tx: Tx, row: Row) -> None:
    """Those that were wanted here, as they come to pass; the rest an operator made at the provider, or told us of."""
    if row["refunded"] == 0:
        return
    await hold_session(tx, row)
    left = row["refunded"] - await tx.value(_BOOKED, transaction=row["id"])
    for refund in await waiting(tx, row["id"]) if left > 0 else ():
        if refund["amount"] <= left:
            left -= refund["amount"]
            await _book(tx, row, refund)
    if left > 0:
        await _book(tx, row, await new_refund(tx, row["id"], left, f"told:{row['refunded']:f}", by_operator=True))


async def _book(tx: Tx, row: Row, refund: Row) -> None:
    await tx.run(_DONE, key=refund["id"], now=tx.now)
    key, owed = f"transaction:{row['id']}:refund:{refund['number']}", _owed(row)
    if row["means"] != "balance":  # what went back on a balance is booked there
        await post(tx, _entry(row, key, owed, _source(row), refund["amount"]))
    if refund["by_operator"]:
        await _less_was_sold(tx, row, key, refund["amount"])


async def _less_was_sold(tx: Tx, row: Row, key: str, amount: Decimal) -> None:
    accounts = await tx.all(_ACCOUNTS, key=key, transaction=row["id"], session=row["session_id"])
    too_much = max(NONE, sum((one["given"] for one in accounts), NONE))
    billed = _parts(accounts, refunded=False)
    billed, credited = Parts(-billed.net, -billed.tax), _parts(accounts, refunded=True)
    precision = await precision_of(tx, row["currency"])
    parts = refund_parts(billed, credited, amount - too_much, precision.amount)
    owner = next((one["owner_id"] for one in accounts if one["kind"] == "tax"), 0)
    sides = {"net": Account("revenue", row["currency"]), "tax": Account("tax", row["currency"], owner)}
    posted = ((f"{key}:{name}", sides[name], part) for name, part in parts._asdict().items())
    await post(tx, *(_entry(row, name, side, _owed(row), part) for name, side, part in posted if part > 0))
    if row["session_id"] is not None and parts.gross > 0:
        await refunded_by_operator(tx, row, parts.gross)


def _parts(accounts: Iterable[Row], refunded: bool) -> Parts:
    """What revenue and tax gave to the account receivable, by refunds or else."""
    given = {"revenue": NONE, "tax": NONE}
    for one in accounts:
        if one["kind"] in given and one["refunded"] is refunded:
            given[one["kind"]] += one["given"]
    return Parts(given["revenue"], given["tax"])


def _owed(row: Row) -> Account:
    return Account("receivable", row["currency"], row["user_id"] or 0)


def _source(row: Row) -> Account:
    """Where the money of a transaction came from."""
    if row["billing_type"] == "external":
        return Account("external", row["currency"])
    if row["means"] == "corporate":
        return Account("corporate", row["currency"], int(row["payment_method_id"].partition(":")[2]))
    if row["means"] == "subscription":  # the bill that paid it gives it back
        return Account("subscription", row["currency"], row["user_id"] or 0)
    return Account("gateway", row["currency"])


def _entry(row: Row, key: str, debit: Account, credit: Account, amount: Decimal) -> Entry:
    return Entry(
        key=key, debit=debit, credit=credit, amount=amount, transaction_id=row["id"], session_id=row["session_id"]
    )
