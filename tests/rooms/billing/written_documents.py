"""Documents as they stand in the tables, for the tests of their files: by hand, so that a test says every figure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from ohmstead.kit.db import Tx
from ohmstead.rooms.billing.documents.files.content import Content
from ohmstead.rooms.billing.documents.table import document, document_line

ISSUED_AT = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # the 1st of December in Berlin
SUPPLIER = {
    "name": "Ohmstead Laden GmbH", "address": "Ringstraße 12", "post_code": "10115", "city": "Berlin", "country": "DE",
    "vat_no": "DE136695976", "reg_no": "HRB 12345 B", "iban": "DE89370400440532013000",
}  # fmt: skip
CLIENT = {
    "type": "company", "name": "Boulangerie Lefèvre & Fils", "id": "552100554", "tax_id": "FR83404833048",
    "country": "FR", "city": "Strasbourg", "post_code": "67000", "address": "14 rue des Écrivains",
}  # fmt: skip
SESSION = {
    "kind": "session", "place": "Hauptbahnhof Süd", "from": "2026-11-10T10:05:00+00:00",
    "to": "2026-11-10T11:47:00+00:00", "kwh": "21.5",
}  # fmt: skip


def line(
    net: str, gross: str, item: dict[str, Any] | None = None, quantity: str = "21.5", unit: str = "kwh"
) -> dict[str, Any]:
    """One line of 21.5 kWh, unless it is said otherwise."""
    return {
        "item": item or SESSION, "quantity": Decimal(quantity), "unit": unit, "net": Decimal(net),
        "unit_price": abs(Decimal(net)) / abs(Decimal(quantity)), "gross": Decimal(gross),
        "session_id": None, "transaction_id": None,
    }  # fmt: skip


ONE = (line("10.00", "11.90"),)


def written(lines: Sequence[dict[str, Any]] = ONE, **said: Any) -> dict[str, Any]:
    """The columns of a German invoice with 19 % of tax that is paid, unless it is said otherwise."""
    total, subtotal = (sum((one[name] for one in lines), Decimal(0)) for name in ("gross", "net"))
    return {
        "kind": "invoice", "number": "INV-2026-000042", "series": "INV-2026", "place": 42, "issued_at": ISSUED_AT,
        "client": CLIENT, "supplier": SUPPLIER, "language": "de", "purchase_type": "session",
        "period_from": datetime(2026, 11, 1, tzinfo=UTC), "period_to": datetime(2026, 11, 28, tzinfo=UTC),
        "currency": "EUR", "total": total, "subtotal": subtotal, "tax": total - subtotal,
        "tax_percentage": Decimal(19), "reverse_charge": False, "credited_id": None, "payment_status": "paid",
    } | said  # fmt: skip


def content(lines: Sequence[dict[str, Any]] = ONE, **said: Any) -> Content:
    """What is made of it, without a database."""
    row: Any = {"credited_number": None, "credited_at": None} | written(lines, **said)
    rows: Any = [one | {"place": place} for place, one in enumerate(lines, 1)]
    return Content(document=row, lines=rows, time_zone=ZoneInfo("Europe/Berlin"))


async def add_document(tx: Tx, lines: Sequence[dict[str, Any]] = ONE, **said: Any) -> int:
    """It is in the tables, and its file is due; its id."""
    times = {"created_at": tx.now, "updated_at": tx.now}
    values = written(lines, **said) | times | {"file_due_at": tx.now}
    key = await tx.value(insert(document).values(values).returning(document.c.id))
    for place, one in enumerate(lines, 1):
        await tx.run(insert(document_line).values(**one, **times, document_id=key, place=place))
    return key
