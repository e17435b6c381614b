"""Settling: a session that has a price is billed, at once and by itself, and again where its price becomes another.
What could not be collected is tried again some days later."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, select, text, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.kit.money import Precision
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.ledger.accounts import Kind
from ohmstead.rooms.billing.sessions.standing import OF_SESSION, advance, bill_of
from ohmstead.rooms.billing.sessions.table import session_payment
from ohmstead.rooms.billing.sessions.ways import AUTO, BALANCE
from ohmstead.rooms.charging.durable_facts import SessionPriced, SessionUpdated
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.store.due_work import DueWork

PAUSE = timedelta(minutes=10)  # after a fault of ours

_LOCK = Statement(
    text("""
SELECT id FROM payment_transaction WHERE session_id = CAST(:session AS bigint) ORDER BY id FOR NO KEY UPDATE""")
)
# What costs nothing, and was never tried to be paid, has no bill.
_OPEN = Statement(
    text(f"""
WITH charge AS (
    SELECT * FROM session WHERE id = CAST(:session AS bigint) AND status = 'finished' AND billing_status IS NOT NULL
        AND currency IS NOT NULL
    FOR NO KEY UPDATE
), bill AS (
    INSERT INTO session_payment (session_id, user_id, currency, amount, net, status, wish, created_at, updated_at)
    SELECT id, user_id, currency, 0, 0, 'pending',
        COALESCE(payment_method_id, CASE WHEN remote THEN '{BALANCE}' ELSE '{AUTO}' END), :now, :now
    FROM charge
    WHERE amount_with_tax <> 0 OR EXISTS (SELECT FROM payment_transaction WHERE session_id = charge.id)
    ON CONFLICT DO NOTHING RETURNING *
)
SELECT bill.*, {OF_SESSION} FROM bill JOIN charge AS session ON session.id = bill.session_id""")
)
_FREE = Statement(
    text("""
UPDATE session SET payment_status = 'paid', payment_status_updated_at = :now, updated_at = :now
WHERE id = CAST(:session AS bigint) AND status = 'finished' AND billing_status IS NOT NULL AND amount_with_tax = 0
    AND payment_status IS NULL
RETURNING charge_point_id, evse_id""")
)
_own = session_payment.c
_DUE = Statement(
    select(_own.id, _own.session_id)
    .where(_own.due_at <= bindparam("now", type_=DateTime(timezone=True)))
    .order_by(_own.due_at)
    .limit(bindparam("most", type_=Integer))
)
_LATER = Statement(
    update(session_payment)
    .where(_own.id == bindparam("key", type_=BigInteger))
    .values(due_at=bindparam("at", type_=DateTime(timezone=True)))
)


@on(SessionPriced)
async def priced_sessions_are_billed(tx: Tx, fact: SessionPriced) -> None:
    await settle(tx, fact.id)


async def settle(tx: Tx, session_id: int) -> None:
    """Bill a session by the price that it has now, and collect what is due, or give back what is too much."""
    await tx.all(_LOCK, session=session_id)
    opened = await tx.one(_OPEN, session=session_id, now=tx.now)
    bill = await bill_of(tx, session_id) if opened is None else dict(opened)
    if bill is None:
        await _free(tx, session_id)
        return
    digits = await precision_of(tx, bill["currency"])
    if not bill["revision"] or (bill["amount"], bill["net"]) != (bill["price"], bill["price_net"]):
        await _take_price(tx, bill, digits)
    await advance(tx, bill, digits, all_locked=True)


async def locked_bill(tx: Tx, session_id: int) -> dict[str, Any] | None:
    """A session's bill, with all its transactions locked before it; None where it has none."""
    await tx.all(_LOCK, session=session_id)
    return await bill_of(tx, session_id)


async def _free(tx: Tx, session_id: int) -> None:
    row = await tx.one(_FREE, session=session_id, now=tx.now)
    if row is not None:
        tx.tell(SessionUpdated(id=session_id, **row))


async def _take_price(tx: Tx, bill: dict[str, Any], digits: Precision) -> None:
    """What the price is more or less than before goes into the ledger, and what was let off follows it. Each means is
    asked anew."""
    after = _after(bill, digits) | {"revision": bill["revision"] + 1}
    await post(tx, *_entries(bill, after))
    if bill["revision"]:
        after |= {"round": bill["round"] + 1, "attempts": 0, "due_at": None}
    bill |= after


def _after(bill: Row, digits: Precision) -> dict[str, Decimal]:
    """A discount stays the same part of the price; no more is waived than is left."""
    amount, discount = bill["price"], bill["discount"]
    if discount:
        discount = digits.amount(amount * discount / bill["amount"])
    waived = min(bill["waived"], max(Decimal(0), amount - discount))
    return {"amount": amount, "net": bill["price_net"], "discount": discount, "waived": waived}


def _entries(bill: Row, after: Row) -> Iterator[Entry]:
    currency, key = bill["currency"], f"session:{bill['session_id']}:r{after['revision']}"
    owed = Account("receivable", currency, bill["user_id"] or 0)
    more = {name: after[name] - bill[name] for name in ("amount", "net", "discount", "waived")}
    sides: dict[str, tuple[Kind, int, Decimal]] = {
        "net": ("revenue", 0, more["net"]),
        "tax": ("tax", bill["tax_id"] or 0, more["amount"] - more["net"]),
        "discount": ("discount", 0, -more["discount"]),
        "waived": ("waived", 0, -more["waived"]),
    }
    for name, (kind, owner, amount) in sides.items():
        other = Account(kind, currency, owner)
        debit, credit = (owed, other) if amount > 0 else (other, owed)
        if amount:
            yield Entry(key=f"{key}:{name}", debit=debit, credit=credit, amount=abs(amount),
                        session_id=bill["session_id"])  # fmt: skip


class Settling(DueWork):
    """Tries to collect again what could not be, by the schedule of the settings, and gives back what is too much."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        async with self._database.begin() as tx:
            bill = await locked_bill(tx, row["session_id"])
            if bill is None or bill["due_at"] is None or bill["due_at"] > tx.now:
                return
            if bill["status"] in ("failed", "partially"):
                bill |= {"round": bill["round"] + 1, "attempts": bill["attempts"] + 1}
            await advance(tx, bill, all_locked=True)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        async with self._database.begin() as tx:
            await tx.run(_LATER, key=row["id"], at=tx.now + PAUSE)
