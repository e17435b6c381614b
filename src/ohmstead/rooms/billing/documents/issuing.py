"""Issuing: a document gets its number, its lines and its sums, which never change afterwards.

Amounts of items are with tax. A document has one tax rate: what is without tax is the whole divided once, and its lines
get their parts of it by the largest remainder, so that lines add up to the subtotal, and that and the tax to the total.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

import msgspec
from msgspec import UNSET, Struct, field
from msgspec.structs import replace
from sqlalchemy import text

from ohmstead.engines.languages import Language
from ohmstead.engines.pricing.shares import half_up, shared
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.money import Precision
from ohmstead.rooms.billing.documents.parties import Client, supplier_of
from ohmstead.rooms.billing.documents.reverse_charge import is_reversed
from ohmstead.rooms.billing.documents.series import Kind, next_number
from ohmstead.rooms.billing.documents.table import document, document_line
from ohmstead.rooms.billing.durable_facts import DocumentIssued
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.store.writes import Writes

_documents, _lines = Writes(document), Writes(document_line)
_PERCENT_PARTS = 10**8  # so fine a percentage is reckoned with
_LINKS = Statement(
    text("""
UPDATE payment_transaction SET invoice_id = CASE WHEN :invoice THEN :document ELSE invoice_id END,
    receipt_id = CASE WHEN :invoice THEN receipt_id ELSE :document END,
    number = CASE WHEN :invoice THEN number ELSE CAST(:number AS text) END
WHERE id = ANY(CAST(:ids AS bigint[]))""")
)
_SESSIONS = Statement(
    text("UPDATE session SET receipt_id = CAST(:document AS bigint) WHERE id = ANY(CAST(:ids AS bigint[]))")
)


class Item(Struct, frozen=True, kw_only=True):
    """What a line is for (see items.py), and what it costs with tax. `net` where that is known, and not the whole's."""

    what: dict[str, Any]
    gross: Decimal
    tax_id: int | None = None
    tax_percentage: Decimal | None = None
    net: Decimal | None = None
    energy_wh: int = 0
    session_id: int | None = None
    transaction_id: int | None = None  # where the line is of that, and not of its session
    paid_by: tuple[int, ...] = ()  # the transactions that name the document
    at: datetime | None = None
    until: datetime | None = None  # where it is of a period that begins then


class Order(Struct, frozen=True, kw_only=True):
    """What is to be issued."""

    kind: Kind
    purchase_type: str
    currency: str
    items: Sequence[Item]
    user_id: int | None = None
    partner_id: int | None = None
    client: Client | None = None
    email: str | None = None
    language: Language = "en"
    period: tuple[datetime, datetime] | None = None
    payment_status: str = "paid"
    mail: bool = False
    reverse_charge: bool | None = None  # None: as it is between those who sell and buy
    credited_id: int | None = None
    supplier: dict[str, Any] | None = field(default=None)  # None: who sells now


class Sums(Struct, frozen=True):
    """Of a document, and what each line is without tax."""

    total: Decimal
    subtotal: Decimal
    nets: list[Decimal]


async def issue(tx: Tx, order: Order) -> list[int]:
    """Issue documents, one for each rate of tax in the order; their ids. Its transactions, and sessions, name them."""
    supplier = order.supplier or await supplier_of(tx, order.partner_id)
    digits = await precision_of(tx, order.currency)
    reversed_ = _is_reversed(order, supplier)  # of what is taxed at all
    groups = [(True, [one for one in order.items if one.tax_percentage])] if reversed_ else []
    others = [one for one in order.items if not (reversed_ and one.tax_percentage)]
    groups += [(False, [*items]) for _, items in _by_rate(others)]
    return [
        await _issue(tx, replace(order, reverse_charge=whether), items, supplier, digits)
        for whether, items in groups if items
    ]  # fmt: skip


def _is_reversed(order: Order, supplier: dict[str, Any]) -> bool:
    client = order.client
    if order.reverse_charge is not None or client is None or order.kind != "invoice":
        return bool(order.reverse_charge)
    vat_no = None if client.tax_id is UNSET else client.tax_id
    return is_reversed(client.type, client.country, vat_no, supplier.get("country"))


def _by_rate(items: Iterable[Item]) -> Iterator[tuple[tuple[int, Decimal], Iterator[Item]]]:
    def rate(one: Item) -> tuple[int, Decimal]:
        return one.tax_id or 0, one.tax_percentage or Decimal(0)

    return groupby(sorted(items, key=rate), rate)


def period_of(items: Iterable[Item]) -> tuple[datetime, datetime] | None:
    """From the first to the last of what is sold; None where that has no moment."""
    moments = [one for item in items for one in (item.at, item.until) if one is not None]
    return (min(moments), max(moments)) if moments else None


def sums_of(items: Sequence[Item], percentage: Decimal, digits: Precision) -> Sums:
    """The sums of lines with one rate of tax."""
    total = sum((one.gross for one in items), Decimal(0))
    if all(one.net is not None for one in items):
        nets = [one.net for one in items if one.net is not None]
        return Sums(total, sum(nets, Decimal(0)), nets)
    sign, places = (-1 if total < 0 else 1), digits.amounts
    cents = [int(one.gross.scaleb(places)) * sign * 100 * _PERCENT_PARTS for one in items]
    divided_by = int((100 + percentage) * _PERCENT_PARTS)
    whole = half_up(sum(cents), divided_by)
    nets = [Decimal(sign * part).scaleb(-places) for part in shared(whole, cents, divided_by)]
    return Sums(total, Decimal(sign * whole).scaleb(-places), nets)


async def _issue(tx: Tx, order: Order, items: list[Item], supplier: dict[str, Any], digits: Precision) -> int:
    percentage = Decimal(0) if order.reverse_charge else items[0].tax_percentage
    shown = [replace(one, net=None) for one in items] if order.reverse_charge else items
    sums = sums_of(shown, percentage or Decimal(0), digits)
    begin, end = order.period or period_of(items) or (None, None)
    number = await next_number(tx, order.kind)
    values = {
        "kind": order.kind, "number": number.text, "series": number.series, "place": number.place,
        "issued_at": number.issued_at, "user_id": order.user_id, "partner_id": order.partner_id,
        "client": None if order.client is None else msgspec.to_builtins(order.client), "supplier": supplier,
        "language": order.language, "email": order.email, "purchase_type": order.purchase_type,
        "period_from": begin, "period_to": end, "energy_wh": sum(one.energy_wh for one in items),
        "currency": order.currency, "total": sums.total, "subtotal": sums.subtotal, "tax": sums.total - sums.subtotal,
        "tax_id": None if order.reverse_charge else items[0].tax_id, "tax_percentage": percentage,
        "reverse_charge": order.reverse_charge, "credited_id": order.credited_id,
        "payment_status": order.payment_status, "file_due_at": tx.now, "mail_wanted": order.mail,
    }  # fmt: skip
    key: int = (await _documents.insert(tx, values))["id"]
    for place, (one, net) in enumerate(zip(items, sums.nets, strict=True), 1):
        await _lines.insert(tx, {
            "document_id": key, "place": place, "item": one.what, "quantity": 1, "unit": "piece", "unit_price": net,
            "net": net, "gross": one.gross, "session_id": one.session_id, "transaction_id": one.transaction_id,
        })  # fmt: skip
    await _link(tx, order.kind, key, number.text, items)
    if order.reverse_charge:
        await _who_buys_owes_the_tax(tx, order, key, items, digits)
    tx.tell(DocumentIssued(id=key))
    return key


async def _link(tx: Tx, kind: Kind, key: int, number: str, items: Iterable[Item]) -> None:
    """Payments name the newest document about them; a credit note is found by what it corrects."""
    if kind not in ("invoice", "receipt"):
        return
    paid_by = [each for one in items for each in one.paid_by]
    await tx.run(_LINKS, invoice=kind == "invoice", document=key, number=number, ids=paid_by)
    sessions = [one.session_id for one in items if one.session_id is not None]
    if kind == "receipt" and sessions:
        await tx.run(_SESSIONS, document=key, ids=sessions)


async def _who_buys_owes_the_tax(tx: Tx, order: Order, key: int, items: Sequence[Item], digits: Precision) -> None:
    """The price stays what was paid; what of it was booked as our tax is revenue."""
    for (tax_id, percentage), group in _by_rate(items):
        sums = sums_of([*group], percentage, digits)
        tax, revenue = Account("tax", order.currency, tax_id), Account("revenue", order.currency)
        amount = sums.total - sums.subtotal
        debit, credit = (tax, revenue) if amount > 0 else (revenue, tax)
        if amount:
            await post(tx, Entry(
                key=f"document:{key}:reverse_charge:{tax_id}", debit=debit, credit=credit, amount=abs(amount),
            ))  # fmt: skip
