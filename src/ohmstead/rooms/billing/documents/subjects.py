"""Subjects of documents: a session, or a payment for something else, with what was paid for it and what documents name
of it. From the difference of the two follows what is to be issued, however often it is asked."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import text

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.documents import items
from ohmstead.rooms.billing.documents.issuing import Item
from ohmstead.rooms.billing.sessions.settling import locked_bill
from ohmstead.rooms.billing.transactions.states import is_bill, transaction

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
_ITEMS = Statement(text("SELECT * FROM payment_transaction WHERE bill_id = CAST(:key AS bigint) ORDER BY id"))
_CYCLE = Statement(
    text("""
SELECT cycle.*, plan.name AS plan_name FROM subscription_cycle AS cycle
JOIN subscription_plan AS plan ON plan.id = cycle.plan_id WHERE cycle.transaction_id = CAST(:key AS bigint)""")
)
_FEE = Statement(text("SELECT * FROM custom_fee WHERE transaction_id = CAST(:key AS bigint)"))
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
    lines = await _lines(tx, row)
    return Subject(
        transaction_id=key, session_id=row["session_id"], user_id=row["user_id"], partner_id=row["partner_id"],
        currency=row["currency"], purchase_type=row["purchase_type"], paid=row["captured"] - row["refunded"],
        lines=lines, is_open=open_, is_item=row["means"] == "subscription",
    )  # fmt: skip


async def _lines(tx: Tx, row: Row) -> list[Item]:
    paid = row["captured"] - row["refunded"]
    common: dict[str, Any] = {"gross": paid, "transaction_id": row["id"], "paid_by": (row["id"],),
                              "at": row["finalized_at"]}  # fmt: skip
    if row["purchase_type"] == "custom_fee" and (fee := await tx.one(_FEE, key=row["id"])) is not None:
        taxes = {"tax_id": fee["tax_id"], "tax_percentage": fee["tax_percentage"]}
        return [Item(what=items.custom_fee(fee["description"]), **taxes, **common)]
    if row["purchase_type"] == "topup_package":
        return [Item(what=items.top_up(), **common)]
    if (cycle := await tx.one(_CYCLE, key=row["id"])) is not None:
        return [_of_cycle(cycle, common)]
    if row["means"] == "subscription" and row["session_id"] is not None:
        return [await _of_session(tx, row, common)]
    if row["purchase_type"] == "subscription_plan" and await is_bill(tx, row["id"]):
        return [
            Item(what=one.what, gross=one.gross, tax_id=one.tax_id, tax_percentage=one.tax_percentage,
                 energy_wh=one.energy_wh, session_id=one.session_id, transaction_id=one.transaction_id,
                 paid_by=(row["id"], *one.paid_by), at=one.at, until=one.until)
            for item in await tx.all(_ITEMS, key=row["id"])
            for one in await _lines(tx, item)
        ]  # fmt: skip
    return []


def _of_cycle(cycle: Row, common: dict[str, Any]) -> Item:
    name = next((one["translation"] for one in _translations(cycle["plan_name"])), "")
    what = items.subscription(name, cycle["starts_at"], cycle["ends_at"])
    taxes = {"tax_id": cycle["tax_id"], "tax_percentage": cycle["tax_percentage"]}
    return Item(what=what, **taxes, **(common | {"at": cycle["starts_at"], "until": cycle["ends_at"]}))


async def _of_session(tx: Tx, item: Row, common: dict[str, Any]) -> Item:
    row = await tx.one(_SESSION, key=item["session_id"])
    assert row is not None, "sessions stay"
    what = items.session(row["place"], row["started_at"], row["stopped_at"], row["energy_wh"])
    taxes = {"tax_id": row["tax_id"], "tax_percentage": row["tax_percentage"]}
    return Item(what=what, session_id=row["id"], energy_wh=round(row["energy_wh"]), **taxes,
                **(common | {"at": row["stopped_at"]}))  # fmt: skip


def _translations(name: Any) -> Sequence[dict[str, str]]:
    return name if isinstance(name, list) else [{"locale": key, "translation": text} for key, text in name.items()]


async def documented(tx: Tx, subject: Subject) -> list[Row]:
    """The lines of documents about a subject, the newest document first."""
    return await tx.all(_DOCUMENTED, session=subject.session_id, transaction=subject.transaction_id)
