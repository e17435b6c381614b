"""Documents without what they follow from, for those who only read them or send them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from ohmstead.kit.db import Tx
from ohmstead.rooms.billing.documents.table import document, document_file
from ohmstead.rooms.billing.drive.charges import hashed
from ohmstead.rooms.billing.drive.table import ad_hoc_charge
from ohmstead.rooms.billing.transactions.table import payment_transaction

PDF = b"%PDF-1.7\n\xff"
THEN = datetime(2026, 12, 1, 23, 30, tzinfo=UTC)


async def issued(tx: Tx, place: int = 1, file: bytes | None = PDF, **values: Any) -> int:
    """A receipt, or what `values` say it is; its id."""
    said = {
        "kind": "receipt", "number": f"RCP-2026-9{place:05}", "series": "by hand", "place": place,
        "issued_at": THEN, "supplier": {"name": "City Energy"}, "language": "en", "purchase_type": "session",
        "currency": "EUR", "total": Decimal("9.30"), "subtotal": Decimal("7.82"), "tax": Decimal("1.48"),
        "tax_percentage": Decimal(19), "payment_status": "paid", "file_due_at": None if file else tx.now,
        "created_at": tx.now, "updated_at": tx.now,
    }  # fmt: skip
    key = await tx.value(insert(document).values(said | values).returning(document.c.id))
    if file is not None:
        await stored(tx, key, file)
    return key


async def stored(tx: Tx, document_id: int, file: bytes = PDF) -> None:
    """Its PDF is there."""
    made = {"content": file, "sha256": "", "has_xml": False, "created_at": tx.now, "updated_at": tx.now}
    await tx.run(pg_insert(document_file).values(document_id=document_id, **made).on_conflict_do_nothing())
    await tx.run(update(document).where(document.c.id == document_id).values(file_due_at=None))


async def issued_for_charge(tx: Tx, key: str, **values: Any) -> int:
    """A receipt for a charge without an account, which gets a transaction if it has none."""
    mine = ad_hoc_charge.c.key_hash == hashed(key)
    paid_by = await tx.value(select(ad_hoc_charge.c.transaction_id).where(mine))
    if paid_by is None:
        row = {"status": "finalized", "purchase_type": "payment_authorisation", "currency": "EUR", "amount": 0}
        times = {"created_at": tx.now, "updated_at": tx.now}
        paid_by = await tx.value(insert(payment_transaction).values(**row, **times).returning(payment_transaction.c.id))
        await tx.run(update(ad_hoc_charge).where(mine).values(transaction_id=paid_by))
    receipt = await issued(tx, paid_by, **values)
    its = payment_transaction.c.id == paid_by
    await tx.run(update(payment_transaction).where(its).values(receipt_id=receipt))
    return receipt
