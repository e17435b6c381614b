"""Credit notes: what went back of something that a document names is taken off it by another, with that line's own net
and tax, and never more than the document says (D29)."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import convert
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.engines.refund_parts import Parts, refund_parts
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.documents import items
from ohmstead.rooms.billing.documents.issuing import Item, Order, issue
from ohmstead.rooms.billing.documents.parties import Client
from ohmstead.rooms.billing.documents.subjects import Subject
from ohmstead.rooms.billing.documents.table import document
from ohmstead.rooms.operator.currencies import precision_of

_DOCUMENT = Statement(select(document).where(document.c.id == bindparam("key", type_=BigInteger)))


async def take_back(tx: Tx, subject: Subject, lines: Sequence[Row], amount: Decimal) -> list[int]:
    """Take an amount off documents, the newest first; the credit notes."""
    made: list[int] = []
    for line in lines:
        part = min(amount, line["gross"] + line["taken_gross"])
        if part > 0:
            made += await _credit(tx, subject, line, part)
            amount -= part
    return made


async def _credit(tx: Tx, subject: Subject, line: Row, amount: Decimal) -> list[int]:
    of = await tx.one(_DOCUMENT, key=line["id"])
    assert of is not None
    digits = await precision_of(tx, subject.currency)
    billed = Parts(line["net"], line["gross"] - line["net"])
    taken = Parts(-line["taken_net"], line["taken_net"] - line["taken_gross"])
    parts = refund_parts(billed, taken, amount, digits.amount)
    item = Item(
        what=items.adjustment(line["item"]), gross=-parts.gross, net=-parts.net, tax_id=line["tax_id"],
        tax_percentage=line["tax_percentage"], session_id=subject.session_id, transaction_id=subject.transaction_id,
    )  # fmt: skip
    return await issue(tx, Order(
        kind="credit_note", purchase_type=of["purchase_type"], currency=of["currency"], items=[item],
        user_id=of["user_id"], partner_id=of["partner_id"], supplier=of["supplier"], email=of["email"],
        client=None if of["client"] is None else convert(of["client"], Client), language=of["language"],
        mail=of["email"] is not None, reverse_charge=of["reverse_charge"], credited_id=of["id"],
    ))  # fmt: skip
