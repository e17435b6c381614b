"""Subjects of documents: a session, or a payment for something else, with what was paid for it and what documents name
of it. From the difference of the two follows what is to be issued, however often it is asked."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import text

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.documents import items
from ohmstead.rooms.billing.documents.issuing import Item
from ohmstead.rooms.billing.sessions.settling import locked_bill
from ohmstead.rooms.billing.transactions.states import transaction

NONE = Decimal(0)
_OPEN = """
EXISTS (SELECT FROM payment_transaction AS open WHERE {of} AND open.billing_type = 'internal'
    AND open.means IS DISTINCT FROM 'subscription' AND (open.status IN ('initialized', 'pending', 'authorized')
        OR EXISTS (SELECT FROM gateway_call WHERE transaction_id = open.id AND due_at IS NOT NULL)))"""
_SESSION = Statement(
    text(f"""
SELECT session.*, charge_point.name AS place,
    {_OPEN.format(of="open.session_id = session.id")} AS open,
    COALESCE(paid.amount, 0) AS paid, COALESCE(paid.ids, '{{}}') AS paid_by
FROM session LEFT JOIN charge_point ON charge_point.id = session.charge_point_id
LEFT JOIN LATERAL (
    SELECT SUM(captured - refunded) AS amount, array_agg(id ORDER BY id) FILTER (WHERE captured > 0) AS ids
    FROM payment_transaction WHERE session_id = session.id AND billing_type = 'internal'
        AND means IS DISTINCT FROM 'subscription' AND currency = session.currency) AS paid ON true
WHERE session.id = CAST(:key AS bigint)""")
)
_UNDER_WAY = Statement(text(f"SELECT {_OPEN.format(of='open.id = CAST(:key AS bigint)')} AS open"))
# A transaction, or of a bill its items; and of what each is.
_SOLD = Statement(
    text("""
SELECT paid.id, paid.bill_id, paid.session_id, paid.purchase_type, paid.captured - paid.refunded AS paid,
    paid.finalized_at, fee.description, cycle.starts_at, cycle.ends_at, plan.name AS plan_name,
    session.started_at, session.stopped_at, session.energy_wh, charge_point.name AS place,
    CASE WHEN fee.id IS NOT NULL THEN fee.tax_id WHEN cycle.id IS NOT NULL THEN cycle.tax_id ELSE session.tax_id
        END AS tax_id,
    COALESCE(fee.tax_percentage, cycle.tax_percentage, session.tax_percentage) AS tax_percentage
FROM payment_transaction AS paid
LEFT JOIN custom_fee AS fee ON fee.transaction_id = paid.id
LEFT JOIN subscription_cycle AS cycle ON cycle.transaction_id = paid.id
LEFT JOIN subscription_plan AS plan ON plan.id = cycle.plan_id
LEFT JOIN session ON session.id = paid.session_id AND paid.means = 'subscription'
LEFT JOIN charge_point ON charge_point.id = session.charge_point_id
WHERE paid.id = CAST(:key AS bigint) OR paid.bill_id = CAST(:key AS bigint) ORDER BY paid.id""")
)
_NAMED = Statement(text("SELECT id FROM document_line WHERE transaction_id = ANY(CAST(:ids AS bigint[])) LIMIT 1"))
# What a document says of the same by a line of its own, less what credit notes took of that.
_DOCUMENTED = Statement(
    text("""
SELECT document.id, document.tax_id, document.tax_percentage, document.reverse_charge, document.payment_status,
    line.place, line.item, line.net, line.gross,
    COALESCE(SUM(taken.net), 0) AS taken_net, COALESCE(SUM(taken.gross), 0) AS taken_gross
FROM document JOIN document_line AS line ON line.document_id = document.id
LEFT JOIN document AS note ON note.credited_id = document.id
LEFT JOIN document_line AS taken ON taken.document_id = note.id
    AND taken.session_id IS NOT DISTINCT FROM line.session_id
    AND taken.transaction_id IS NOT DISTINCT FROM line.transaction_id
WHERE document.kind IN ('invoice', 'receipt') AND (
    CAST(:transaction AS bigint) IS NULL AND line.transaction_id IS NULL AND line.session_id = CAST(:session AS bigint)
    OR line.transaction_id = CAST(:transaction AS bigint))
GROUP BY document.id, line.id ORDER BY document.id DESC, line.place""")
)


class Subject(Struct, kw_only=True):
    """What was paid of something, and the lines by which a document may name it: of a bill those of all its items."""

    session_id: int | None = None
    transaction_id: int | None = None
    user_id: int | None
    partner_id: int | None
    currency: str
    purchase_type: str
    paid: Decimal
    lines: list[Item]
    is_item: bool = False  # of a bill, whose document names it
    is_open: bool = False  # money of it is on its way
    is_whole: bool = True  # all of it is paid


async def of_session(tx: Tx, session_id: int) -> Subject | None:
    """A session that is billed, with its transactions locked; None where it is not."""
    bill = await locked_bill(tx, session_id)
    row = await tx.one(_SESSION, key=session_id) if bill is not None else None
    if bill is None or row is None:
        return None
    line = Item(what=items.session(row["place"], row["started_at"], row["stopped_at"], row["energy_wh"]),
                gross=row["paid"], tax_id=row["tax_id"], tax_percentage=row["tax_percentage"],
                energy_wh=round(row["energy_wh"]), session_id=session_id, paid_by=tuple(row["paid_by"]),
                at=row["stopped_at"])  # fmt: skip
    return Subject(
        session_id=session_id, user_id=bill["user_id"], partner_id=row["partner_id"], currency=row["currency"],
        purchase_type="session", paid=row["paid"], lines=[line], is_open=row["open"],
        is_whole=bill["status"] == "paid",
    )  # fmt: skip


async def of_transaction(tx: Tx, key: int) -> Subject | None:
    """What a transaction paid that is of no session, or the session's part in a subscription's bill; None where another
    system collects, which also writes the documents."""
    row = await transaction(tx, key, lock=True)
    if row["billing_type"] == "external" or (row["session_id"] is not None and row["means"] != "subscription"):
        return None
    open_ = bool(await tx.value(_UNDER_WAY, key=key))
    lines = await _lines(tx, key)
    return Subject(
        transaction_id=key, session_id=row["session_id"], user_id=row["user_id"], partner_id=row["partner_id"],
        currency=row["currency"], purchase_type=row["purchase_type"], paid=row["captured"] - row["refunded"],
        lines=lines, is_open=open_, is_item=row["means"] == "subscription",
    )  # fmt: skip


async def _lines(tx: Tx, key: int) -> list[Item]:
    """Of a bill those of its items, each of which the bill paid, too."""
    rows = await tx.all(_SOLD, key=key)
    items_of_it = [row for row in rows if row["bill_id"] == key]
    return [line for row in items_of_it or rows for line in _line(row, (key,) if items_of_it else ())]


def _line(row: Row, paid_by: tuple[int, ...]) -> Iterator[Item]:
    """What a transaction paid for; nothing is known of some that are never documented."""
    common: dict[str, Any] = {
        "gross": row["paid"], "transaction_id": row["id"], "paid_by": (*paid_by, row["id"]),
        "tax_id": row["tax_id"], "tax_percentage": row["tax_percentage"], "at": row["finalized_at"],
    }  # fmt: skip
    if row["description"] is not None:
        yield Item(what=items.custom_fee(row["description"]), **common)
    elif row["purchase_type"] == "topup_package":
        yield Item(what=items.top_up(), **common)
    elif row["plan_name"] is not None:
        begin, end = row["starts_at"], row["ends_at"]
        what = items.subscription(row["plan_name"], begin, end)
        yield Item(what=what, **(common | {"at": begin, "until": end}))
    elif row["started_at"] is not None:
        what = items.session(row["place"], row["started_at"], row["stopped_at"], row["energy_wh"])
        whose = {"session_id": row["session_id"], "energy_wh": round(row["energy_wh"])}
        yield Item(what=what, **whose, **(common | {"at": row["stopped_at"]}))


async def are_documented(tx: Tx, transaction_ids: Sequence[int]) -> bool:
    """Whether a document has a line for one of these."""
    return await tx.value(_NAMED, ids=[*transaction_ids]) is not None


async def documented(tx: Tx, subject: Subject) -> list[Row]:
    """The lines of documents about a subject, the newest document first."""
    return await tx.all(_DOCUMENTED, session=subject.session_id, transaction=subject.transaction_id)
