"""Monthly invoices: what a user paid in a calendar month, one for each currency, supplier and rate of tax."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import BigInteger, Integer, bindparam, func, select, update

from ohmstead.kit.db import DatabaseUnavailable, Row, Statement, Tx
from ohmstead.kit.faults import log_failure
from ohmstead.rooms.billing.documents.invoice_months import invoice_month, note_months
from ohmstead.rooms.billing.documents.issuing import Item, Order, issue
from ohmstead.rooms.billing.documents.parties import supplier_of
from ohmstead.rooms.billing.documents.payers import invoice_for
from ohmstead.rooms.billing.documents.receipts import Wanted, undocumented
from ohmstead.rooms.billing.documents.subjects import Subject, documented, of_session, of_transaction
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.store.due_work import DueWork, back_off

log = structlog.get_logger("ohmstead.monthly_invoices")

SECOND = timedelta(seconds=1)  # by which a month ends on its last day
AT_A_TIME = 100  # users whose ids are in hand
_own, _paid = invoice_month.c, payment_transaction.c
_earlier = invoice_month.alias()
_now, _key = bindparam("now", type_=_own.due_at.type), bindparam("key", type_=BigInteger)
_user, _ends_at = bindparam("user", type_=BigInteger), bindparam("ends_at", type_=_own.ends_at.type)
# Also what an earlier month could not have, because money of the same was on its way
_since = select(func.min(_own.starts_at)).scalar_subquery()
_open = (
    (_paid.finalized_at >= _since)
    & (_paid.finalized_at < _ends_at)
    & _paid.invoice_id.is_(None)
    & _paid.receipt_id.is_(None)
    & (_paid.captured > _paid.refunded)
    & _paid.bill_id.is_(None)
    & (_paid.billing_type == "internal")
)
_USERS = Statement(
    select(_paid.user_id).where(_paid.user_id > _user, _open).distinct().order_by(_paid.user_id).limit(AT_A_TIME)
)
_PAYMENTS = Statement(
    select(_paid.id, _paid.session_id, _paid.means)
    .where(_paid.user_id == _user, _open)
    .order_by(_paid.id)
    .with_for_update(key_share=True)
)
_DONE = Statement(update(invoice_month).where(_own.id == _key).values(due_at=None, updated_at=_now))
_LATER = Statement(
    update(invoice_month)
    .where(_own.id == _key)
    .values(due_at=bindparam("again", type_=_own.due_at.type), attempts=_own.attempts + 1, updated_at=_now)
)


class MonthlyInvoices(DueWork):
    """Issues them, a user at a time, one month after the other. What fails for a user is tried again, and is no matter
    of the others; what has its invoice does not get another."""

    every_s = 60.0
    due = Statement(
        select(invoice_month)
        .where(
            _own.due_at <= _now,
            ~select(_earlier.c.id).where(_earlier.c.due_at <= _now, _earlier.c.month < _own.month).exists(),
        )
        .limit(bindparam("most", type_=Integer))
    )

    async def may_start(self) -> bool:
        async with self._database.begin() as tx:
            await note_months(tx)
        return True

    async def carry_out(self, row: Row) -> None:
        failures, last = 0, 0
        while users := await self._users(row, last):
            failures += sum([not await self._invoiced(row, user) for user in users])
            last = users[-1]
        if failures:
            raise RuntimeError(f"{failures} users have no invoice for {row['month']:%Y-%m} yet")
        async with self._database.begin() as tx:
            await tx.run(_DONE, key=row["id"], now=tx.now)

    async def _users(self, row: Row, last: int) -> list[int]:
        async with self._database.read() as tx:
            return [one[0] for one in await tx.all(_USERS, user=last, ends_at=row["ends_at"])]

    async def _invoiced(self, row: Row, user_id: int) -> bool:
        try:
            async with self._database.begin() as tx:
                await invoice_user(tx, user_id, row)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log_failure(log, "monthly invoice failed", error, user=user_id, month=f"{row['month']:%Y-%m}")
            return False
        return True

    async def failed(self, row: Row, error: Exception) -> None:
        wait = back_off(row["attempts"] + 1, timedelta(minutes=10), timedelta(days=1))
        async with self._database.begin() as tx:
            await tx.run(_LATER, key=row["id"], now=tx.now, again=tx.now + wait)


async def invoice_user(tx: Tx, user_id: int, month: Row) -> list[int]:
    """Invoice what a user paid until a month's end and no document names; the documents. Of who is deleted, whom no
    invoice may name any more, they are receipts."""
    found = await _unsaid_of(tx, user_id, month)
    how = await invoice_for(tx, user_id) or Wanted()
    issued: list[int] = []
    for _, group in groupby(sorted(found, key=_apart), _apart):
        parts = [*group]
        lines = sorted((line for _, _, lines in parts for line in lines), key=lambda one: (one.at is None, one.at))
        begin = min([month["starts_at"], *(one.at for one in lines if one.at is not None)])
        issued += await issue(tx, Order(
            kind="receipt" if how.client is None else "invoice", currency=parts[0][0].currency, items=lines,
            purchase_type=_only(one.purchase_type for one, *_ in parts) or "session", user_id=user_id,
            partner_id=_only(one.partner_id for one, *_ in parts), supplier=parts[0][1], client=how.client,
            email=how.email, language=how.language, mail=how.mail, period=(begin, month["ends_at"] - SECOND),
            payment_status="paid" if all(one.is_whole for one, *_ in parts) else "partially_paid",
        ))  # fmt: skip
    return issued


Part = tuple[Subject, dict[str, Any], list[Item]]


async def _unsaid_of(tx: Tx, user_id: int, month: Row) -> list[Part]:
    """What was paid and is not documented, each with its supplier."""
    rows = await tx.all(_PAYMENTS, user=user_id, ends_at=month["ends_at"])
    of_sessions = {row["session_id"] for row in rows if row["means"] != "subscription"} - {None}
    subjects = [await of_session(tx, key) for key in sorted(of_sessions)]
    subjects += [await of_transaction(tx, row["id"]) for row in rows if row["session_id"] not in of_sessions]
    found: list[Part] = []
    for one in subjects:
        if one is None or one.is_open:
            continue
        if lines := await undocumented(tx, one, await documented(tx, one)):
            found.append((one, await supplier_of(tx, one.partner_id), lines))
    return found


def _apart(part: Part) -> tuple[str, str]:
    """What cannot stand on one invoice: another currency, another supplier."""
    return part[0].currency, repr(sorted(part[1].items(), key=lambda one: one[0]))


def _only(values: Iterable[Any]) -> Any:
    """The value that all have; None where they differ."""
    different = {*values}
    return different.pop() if len(different) == 1 else None
