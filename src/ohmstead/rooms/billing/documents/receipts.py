"""Receipts: whatever was paid gets a document once its money is settled, and what went back a credit note. It follows
from what was paid and what documents say of it, after the payment is durable and never in its way."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import BigInteger, Text, bindparam, select, text, update

from ohmstead.engines.languages import Language, language_of
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.kit.questions import Question
from ohmstead.rooms.billing.documents import items
from ohmstead.rooms.billing.documents.credit_notes import take_back
from ohmstead.rooms.billing.documents.issuing import Item, Order, issue
from ohmstead.rooms.billing.documents.parties import Client
from ohmstead.rooms.billing.documents.subjects import Subject, are_documented, documented, of_session, of_transaction
from ohmstead.rooms.billing.documents.table import document
from ohmstead.rooms.billing.durable_facts import SessionPaidUp, TransactionChanged
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import ev_user


class Wanted(Struct, frozen=True, kw_only=True):
    """Which document a user gets for a payment, and of whom it speaks; `none`: an invoice comes later."""

    kind: Literal["receipt", "invoice", "none"] = "receipt"
    client: Client | None = None
    email: str | None = None
    language: Language = "en"
    mail: bool = False


wanted: Question[[Tx, int, Wanted], Wanted] = Question("which document does a user get for a payment?")
"""Asked with the user and what everybody gets; the first answer counts."""

NONE = Decimal(0)
_paid = payment_transaction.c
_OF = Statement(
    select(_paid.id, _paid.session_id, _paid.means, _paid.status, _paid.captured, _paid.refunded).where(
        _paid.id == bindparam("key", type_=BigInteger)
    )
)
_USER = Statement(select(ev_user.c.email, ev_user.c.locale).where(ev_user.c.id == bindparam("user", type_=BigInteger)))
_STATUS = Statement(
    update(document)
    .where(document.c.id == bindparam("key", type_=BigInteger))
    .values(payment_status=bindparam("status", type_=Text), file_due_at=bindparam("now"), updated_at=bindparam("now"))
)
_SPOKEN = Statement(
    text("SELECT language FROM ad_hoc_charge WHERE session_id = CAST(:session AS bigint) AND language IS NOT NULL")
)


@on(TransactionChanged)
async def what_was_paid_is_documented(tx: Tx, fact: TransactionChanged) -> None:
    row = await tx.one(_OF, key=fact.id)
    if row is None or (row["captured"] == 0 and row["status"] not in ("finalized", "refunded")):
        return
    if row["session_id"] is not None and row["means"] != "subscription":
        subject = await of_session(tx, row["session_id"])
    else:
        subject = await of_transaction(tx, row["id"])
    if subject is not None and not subject.is_open:
        await reconcile(tx, subject)


@on(SessionPaidUp)
async def what_is_whole_is_said_to_be(tx: Tx, fact: SessionPaidUp) -> None:
    """Where the rest was given up no payment tells that."""
    subject = await of_session(tx, fact.id)
    if subject is not None and not subject.is_open:
        await reconcile(tx, subject)


async def reconcile(tx: Tx, subject: Subject) -> list[int]:
    """Have documents say what was paid of a subject that is locked; what was issued."""
    known = await documented(tx, subject)
    await _status(tx, subject, known)
    if (less := documented_amount(known) - subject.paid) > 0:
        return await take_back(tx, subject, known, less)
    lines = await undocumented(tx, subject, known)
    return await _issue(tx, subject, lines) if lines else []


def documented_amount(known: Sequence[Row]) -> Decimal:
    """What documents say that was paid, less what credit notes took of it."""
    return sum((row["gross"] + row["taken_gross"] for row in known), NONE)


async def undocumented(tx: Tx, subject: Subject, known: Sequence[Row]) -> list[Item]:
    """The lines for what was paid and no document names, of those that are `known`."""
    if (more := subject.paid - documented_amount(known)) <= 0:
        return []
    if not known and subject.transaction_id is not None:
        return await _first(tx, subject)
    return [
        replace(one, gross=more, what=items.adjustment(one.what), energy_wh=0) if known else replace(one, gross=more)
        for one in subject.lines
    ]


async def _first(tx: Tx, subject: Subject) -> list[Item]:
    """Of a bill its lines are those of its items, which name it themselves; an item by itself gets none."""
    if subject.is_item:
        return []
    own = [one for one in subject.lines if one.transaction_id != subject.transaction_id]
    if own and sum((one.gross for one in own), NONE) != subject.paid:
        return []  # its items are not settled yet: it asks again then
    if await are_documented(tx, [one.transaction_id for one in own if one.transaction_id is not None]):
        return []
    return subject.lines


async def _issue(tx: Tx, subject: Subject, lines: list[Item]) -> list[int]:
    found = await wanted_for(tx, subject)
    if found.kind == "none":
        return []
    return await issue(tx, Order(
        kind=found.kind, purchase_type=subject.purchase_type, currency=subject.currency, items=lines,
        user_id=subject.user_id, partner_id=subject.partner_id, client=found.client, email=found.email,
        language=found.language, mail=found.mail,
        payment_status="paid" if subject.is_whole else "partially_paid",
    ))  # fmt: skip


async def wanted_for(tx: Tx, subject: Subject) -> Wanted:
    """What is issued for a payment, to whom, and in which language."""
    if subject.user_id is None:
        spoken = await tx.value(_SPOKEN, session=subject.session_id)
        return Wanted(language=language_of("", spoken or ""))
    user = await tx.one(_USER, user=subject.user_id)
    usual = await _usual(tx, user)
    answers = await wanted(tx, subject.user_id, usual)
    return answers[0] if answers else usual


async def _usual(tx: Tx, user: Row | None) -> Wanted:
    """A receipt, sent to the user unless the operator sends none."""
    if user is None:
        return Wanted()
    sends = (await settings.documents(tx)).send_receipts and bool(user["email"])
    language = language_of(user["locale"] or "")
    return Wanted(email=user["email"] if sends else None, language=language, mail=sends)


async def _status(tx: Tx, subject: Subject, known: list[Row]) -> None:
    if not subject.is_whole:
        return
    for key in {row["id"] for row in known if row["payment_status"] != "paid"}:
        await tx.run(_STATUS, key=key, status="paid", now=tx.now)
