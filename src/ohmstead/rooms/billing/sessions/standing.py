"""Standing: how the money of a session stands, reckoned anew each time one of its transactions moves, and what is done
about it next.

The session's bill is locked, after the transactions that the caller has locked and before the session: whoever comes
second sees what the first has done. What needs a transaction locked besides is left to `settling`.
"""

from contextvars import ContextVar
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

from sqlalchemy import text

from ohmstead.engines.session_payments import Adjust, Bill, Payment, Refund, Standing, standing, wants_means
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.money import Precision
from ohmstead.rooms.billing.durable_facts import SessionPaidUp
from ohmstead.rooms.billing.methods.installments import subscription_there
from ohmstead.rooms.billing.refunds.booking import refunded_by_operator
from ohmstead.rooms.billing.sessions.accumulating import accumulates
from ohmstead.rooms.billing.sessions.steps import Task, take
from ohmstead.rooms.billing.sessions.ways import means_in_turn, way_of
from ohmstead.rooms.billing.transactions.states import moved
from ohmstead.rooms.billing.transactions.states import paid as paid_of
from ohmstead.rooms.charging.durable_facts import SessionUpdated
from ohmstead.rooms.charging.sessions.views import PaymentType
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.rooms.operator.exchange import converted

_TYPES = get_args(PaymentType)
_SHOWN = "payment_type", "payment_method_id", "payment_status", "billing_status"
OF_SESSION = f"""
session.partner_id, session.tax_id, session.charge_point_id, session.evse_id, session.payment_type,
session.payment_method_id, session.payment_status, session.billing_status, session.amount_with_tax AS price,
session.amount_without_tax AS price_net,
{subscription_there("session.user_id", "session.charge_point_id", "session.started_at")} AS subscription_id"""
_BILL = Statement(
    text(f"""
SELECT session_payment.*, {OF_SESSION} FROM session_payment JOIN session ON session.id = session_payment.session_id
WHERE session_payment.session_id = CAST(:session AS bigint) FOR NO KEY UPDATE""")
)
# A call is written to be done after what came of it is reckoned: what it gave back is booked, and not on its way.
_TRANSACTIONS = Statement(
    text("""
SELECT paid.*, COALESCE(calls.ending, false) AS under_way, COALESCE(calls.refunding, 0) AS refunding,
    EXISTS (SELECT FROM payment_transaction WHERE id = paid.bill_id AND billing_type = 'external') AS billed_outside
FROM payment_transaction AS paid LEFT JOIN LATERAL (
    SELECT bool_or(step IN ('capture', 'void')) AS ending,
        SUM(amount) FILTER (WHERE step LIKE 'refund%' AND NOT EXISTS (
            SELECT FROM payment_refund AS refund WHERE refund.transaction_id = paid.id AND refund.booked_at IS NOT NULL
            AND call.step = 'refund:' || refund.number)) AS refunding
    FROM gateway_call AS call WHERE transaction_id = paid.id AND state <> 'done' AND paid.gateway IS NOT NULL
    ) AS calls ON true
WHERE paid.session_id = CAST(:session AS bigint) ORDER BY paid.id""")
)
_WRITE = Statement(
    text("""
WITH bill AS (
    UPDATE session_payment SET user_id = :user_id, amount = :amount, net = :net, discount = :discount,
        waived = :waived, paid = :paid, status = :status, reason = :reason, wish = :wish, revision = :revision,
        round = :round, attempts = :attempts,
        due_at = :due_at, settled_at = CASE WHEN :status = 'paid' THEN COALESCE(settled_at, :now) END, updated_at = :now
    WHERE id = :id
)
UPDATE session SET payment_type = :payment_type, payment_method_id = :payment_method_id, payment_status = :status,
    payment_status_updated_at = CASE WHEN payment_status IS DISTINCT FROM :status THEN :now
                                     ELSE payment_status_updated_at END,
    billing_status = :billing_status, updated_at = :now
WHERE id = :session_id""")
)
_LESS = Statement(
    text("UPDATE session_payment SET waived = waived + :amount WHERE session_id = CAST(:session AS bigint)")
)
_busy: ContextVar[int] = ContextVar("session whose money is in hand", default=0)


@refunded_by_operator.answer
async def less_is_due(tx: Tx, row: Row, amount: Decimal) -> None:
    """Of a session whose price stays: what an operator gave back is not asked for again. Its ledger entries are the
    refund's. `refunds` answers `moved` before this module does, which has imported it."""
    await tx.run(_LESS, session=row["session_id"], amount=amount)


@moved.answer
async def reckon_again(tx: Tx, row: Row) -> None:
    if row["session_id"] is not None and row["session_id"] != _busy.get():
        await reckon(tx, row["session_id"])


async def reckon(tx: Tx, session_id: int) -> None:
    """Reckon how a session stands whose transaction has moved, and do what is next; nothing before it has a price."""
    bill = await bill_of(tx, session_id)
    if bill is not None:
        await advance(tx, bill)


async def bill_of(tx: Tx, session_id: int) -> dict[str, Any] | None:
    """A session's bill with what is needed of the session, both locked; None where it has none."""
    row = await tx.one(_BILL, session=session_id, now=tx.now)
    return row and dict(row)


async def advance(tx: Tx, bill: dict[str, Any], digits: Precision | None = None, *, all_locked: bool = False) -> None:
    """Do what is next for a bill, step by step until something has to be waited for, and write how it then stands.
    `digits`: of its currency; `all_locked`: the transactions of its session are."""
    digits, before = digits or await precision_of(tx, bill["currency"]), _busy.set(bill["session_id"])
    try:
        done = True
        while done:
            task, found = await _look(tx, bill, digits)
            later = isinstance(found.step, Refund | Adjust) and not all_locked
            done = found.step is not None and not later and await take(tx, task, found.step)
    finally:
        _busy.reset(before)
    await _write(tx, task, found, tx.now if later else None)


async def _look(tx: Tx, bill: dict[str, Any], digits: Precision) -> tuple[Task, Standing]:
    """How it stands. What means can give is asked of them in turn, as long as none is found that pays."""
    rows = await tx.all(_TRANSACTIONS, session=bill["session_id"])
    task = Task(bill, {row["id"]: row for row in rows}, [])
    payments = [await _payment(tx, row, bill["currency"], digits) for row in rows]
    amounts = Bill(bill["amount"], bill["discount"], bill["waived"])
    options: dict[str, Any] = {"anybody": bill["user_id"] is not None, "places": digits.amounts}
    if not wants_means(amounts, payments):
        return task, standing(amounts, payments, (), bill["round"], **options)
    task.means = await means_in_turn(tx, bill["user_id"], bill["wish"], bill["partner_id"], bill["subscription_id"])
    found, ways = standing(amounts, payments, (), bill["round"], **options), []
    for one in task.means:
        ways.append(await way_of(tx, one, bill, digits, alone=len(task.means) == 1))
        found = standing(amounts, payments, ways, bill["round"], **options)
        if found.step is not None:
            break
    return task, found


async def _payment(tx: Tx, row: Row, currency: str, digits: Precision) -> Payment:
    """What was paid outside in another currency counts by its rate; without one it does not."""
    if row["currency"] != currency:
        paid = await converted(tx, paid_of(row), row["currency"], currency) or Decimal(0)
        return Payment(id=row["id"], state=row["status"], external=True, captured=digits.amount(paid))
    return Payment(
        id=row["id"], state=row["status"], holds=row["purchase_type"] != "session",
        external=row["billing_type"] == "external" or row["billed_outside"], authorized=row["authorized"],
        captured=row["captured"], refunded=row["refunded"], refunding=row["refunding"], under_way=row["under_way"],
        means=row["payment_method_id"] or "balance", round=row["attempt"],
        accumulates=row["amount"] if accumulates(row) else None,
    )  # fmt: skip


async def _write(tx: Tx, task: Task, found: Standing, soon: datetime | None) -> None:
    bill = task.bill
    again = await _next_round(tx, bill, found)
    shown = {name: bill[name] for name in _SHOWN} | _paid_by(task)
    shown |= {"payment_status": found.status, "billing_status": "completed" if again is None else "suspended"}
    news = any(shown[name] != bill[name] for name in _SHOWN)
    if (bill["status"], found.status) == ("partially", "paid"):
        tx.tell(SessionPaidUp(id=bill["session_id"]))
    bill |= {"status": found.status, "reason": found.reason, "paid": found.paid, "due_at": soon or again}
    names = ("amount", "net", "discount", "waived", "paid", "status", "reason", "wish", "revision", "round", "attempts",
             "due_at", "user_id", "id", "session_id")  # fmt: skip
    await tx.run(_WRITE, **{name: bill[name] for name in names}, **{name: shown[name] for name in _SHOWN}, now=tx.now)
    if news:
        tx.tell(SessionUpdated(id=bill["session_id"], charge_point_id=bill["charge_point_id"], evse_id=bill["evse_id"]))
    bill |= shown


async def _next_round(tx: Tx, bill: dict[str, Any], found: Standing) -> datetime | None:
    """When it is tried again by itself. What failed has its moment already, unless that has come."""
    if not found.is_worth_another_round:
        return None
    due: datetime | None = bill["due_at"]
    if bill["status"] == found.status and due is not None and due > tx.now:
        return due
    days = (await settings.billing(tx)).retry_after_days
    return tx.now + timedelta(days=days[bill["attempts"]]) if bill["attempts"] < len(days) else None


def _paid_by(task: Task) -> dict[str, Any]:
    """The means that paid last."""
    for row in reversed([*task.payments.values()]):
        if (row["captured"] > row["refunded"] and row["means"] in _TYPES) or accumulates(row):
            method = "balance" if row["means"] == "balance" else row["payment_method_id"]
            return {"payment_type": row["means"], "payment_method_id": method}
    return {}
