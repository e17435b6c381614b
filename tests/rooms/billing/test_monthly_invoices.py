"""Monthly invoices: of each user what was paid in a month, once, by rate of tax, also after days without a server.
And invoices in the place of receipts, for who requires them."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from ohmstead.kit.db import Row
from ohmstead.rooms.billing.documents import monthly
from ohmstead.rooms.billing.documents.invoice_months import invoice_month
from ohmstead.rooms.billing.documents.monthly import MonthlyInvoices, invoice_user
from ohmstead.rooms.billing.documents.table import document, document_line
from ohmstead.rooms.billing.transactions.states import move, open_transaction
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.test_invoice_details import COMPANY, path
from tests.rooms.billing.till import Till, till
from tests.rooms.booked import running  # noqa: F401 - the fixture

NEW_MONTH = datetime(2026, 4, 1, 1, tzinfo=UTC)  # 03:00 in Berlin


@pytest.fixture
async def desk(api: Client, given: Given) -> Till:
    found = await till(api, given)
    async with found.system.database.begin() as tx:
        await settings.put(tx, "supplier", name="Ohm GmbH", country="DE", vatNo="DE136695976")
        await settings.put(tx, "regional", timeZone="Europe/Berlin")
    return found


async def told(desk: Till, **values: Any) -> None:
    async with desk.system.database.begin() as tx:
        await settings.put(tx, "documents", **values)


async def due(desk: Till, day: datetime | None = None) -> None:
    """What is due is done, on a day if one is named."""
    if day is not None:
        await desk.system.clock.advance((day - desk.system.clock.now()).total_seconds())
    work = MonthlyInvoices(desk.system.database, desk.system.clock)
    await work.start_due()
    await work.settled()


async def documents(desk: Till) -> list[Row]:
    async with desk.system.database.read() as tx:
        return [*await tx.all(select(document).order_by(document.c.id))]


async def lines(desk: Till, key: int) -> list[str]:
    own = document_line.c
    async with desk.system.database.read() as tx:
        rows = await tx.all(select(own.gross).where(own.document_id == key).order_by(own.place))
    return [f"{row['gross']:.2f}" for row in rows]


def sums(rows: list[Row]) -> list[tuple[str, str]]:
    return [(row["kind"], f"{row['total']:.2f}") for row in rows]


async def test_a_month_is_one_invoice(api: Client, desk: Till) -> None:
    await told(desk, invoices="monthly")
    user, tag = await desk.user("balance", first_name="Ada", last_name="Berg", country="AT")
    await due(desk)
    await desk.charges(tag, 20)
    await desk.charges(tag, 10, 300)
    await due(desk, datetime(2026, 4, 1, 0, 59, tzinfo=UTC))
    assert await documents(desk) == []
    await due(desk, NEW_MONTH)
    [invoice] = await documents(desk)
    assert (invoice["kind"], f"{invoice['total']:.2f}", invoice["user_id"]) == ("invoice", "15.00", user)
    assert await lines(desk, invoice["id"]) == ["10.00", "5.00"]
    assert (invoice["client"]["name"], invoice["client"]["country"]) == ("Ada Berg", "AT")
    assert (invoice["period_from"], invoice["period_to"]) == (
        datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC)
    )  # fmt: skip
    shown = (await api.get("/resources/transactions/v1.0")).data
    assert {one["invoiceId"] for one in shown} == {invoice["id"]}
    assert {one["receiptId"] for one in shown} == {None}


async def test_days_without_a_server_leave_nothing_out_and_make_nothing_twice(desk: Till) -> None:
    await told(desk, invoices="monthly")
    _, tag = await desk.user("balance")
    await due(desk)
    await desk.charges(tag, 20)
    await due(desk, datetime(2026, 6, 3, 12, tzinfo=UTC))
    await due(desk)
    await due(desk)
    assert sums(await documents(desk)) == [("invoice", "10.00")]
    async with desk.system.database.read() as tx:
        months = await tx.all(select(invoice_month.c.month).where(invoice_month.c.due_at.is_not(None)))
    assert [one["month"].month for one in months] == [6]


async def test_two_at_once_issue_one(desk: Till) -> None:
    await told(desk, invoices="monthly")
    user, tag = await desk.user("balance")
    await due(desk)
    await desk.charges(tag, 20)
    async with desk.system.database.read() as tx:
        [month] = await tx.all(select(invoice_month))

    async def invoiced() -> list[int]:
        async with desk.system.database.begin() as tx:
            return await invoice_user(tx, user, month)

    assert sorted(map(len, await asyncio.gather(*(invoiced() for _ in range(4))))) == [0, 0, 0, 1]
    assert sums(await documents(desk)) == [("invoice", "10.00")]


async def test_another_supplier_has_an_invoice_of_its_own(desk: Till) -> None:
    await told(desk, invoices="monthly")
    _, tag = await desk.user("balance")
    await due(desk)
    await desk.charges(tag, 20)
    owner = await desk.there.given.partner(country="DE", options={"supplierOnReceipts": True})
    async with desk.system.database.begin() as tx:
        await tx.run(text("UPDATE charge_point SET partner_id = :owner").bindparams(owner=owner["id"]))
    await desk.charges(tag, 10, 300)
    await due(desk, NEW_MONTH)
    rows = {row["supplier"]["name"]: (f"{row['total']:.2f}", row["partner_id"]) for row in await documents(desk)}
    assert rows == {"Ohm GmbH": ("10.00", None), owner["name"]: ("5.00", owner["id"])}


async def test_what_is_under_way_is_on_the_next_months(desk: Till) -> None:
    await told(desk, invoices="monthly")
    user, tag = await desk.user("balance")
    await due(desk)
    await desk.charges(tag, 20)
    async with desk.system.database.begin() as tx:
        under_way = await open_transaction(
            tx, purchase_type="session", session_id=1, user_id=user, means="tokenized", currency="EUR",
            amount=Decimal(1), status="pending",
        )  # fmt: skip
    await due(desk, NEW_MONTH)
    assert await documents(desk) == []
    async with desk.system.database.begin() as tx:
        await move(tx, under_way, "failed")
    await due(desk, datetime(2026, 5, 1, 2, tzinfo=UTC))
    [invoice] = await documents(desk)
    assert f"{invoice['total']:.2f}" == "10.00"
    assert invoice["period_from"] < datetime(2026, 3, 3, tzinfo=UTC)


async def test_each_rate_of_tax_has_its_own(api: Client, desk: Till, given: Given) -> None:
    await told(desk, invoices="monthly")
    user, tag = await desk.user("balance")
    await given.balance(user, 50)
    await due(desk)
    await desk.charges(tag, 20)
    other = (await given.tax(percentage=7))["id"]
    async with desk.system.database.begin() as tx:
        await settings.put(tx, "defaultTax", id=other)
    fee = {"amount": Decimal("5.35"), "description": "A cap"}
    assert (await api.post(f"/actions/users/v1.0/{user}/apply-custom-fee", fee | {"amount": 5.35})).status == 202
    await desk.pays()
    await due(desk, NEW_MONTH)
    found = [(row["tax_percentage"], f"{row['total']:.2f}", f"{row['tax']:.2f}") for row in await documents(desk)]
    assert sorted(found) == [(7, "5.35", "0.35"), (19, "10.00", "1.60")]


async def test_what_fails_for_one_is_no_matter_of_others(desk: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    await told(desk, invoices="monthly")
    (first, tag), (second, other) = await desk.user("balance"), await desk.user("balance")
    await due(desk)
    await desk.charges(tag, 20)
    await desk.charges(other, 10, 300)
    found, broken = monthly.invoice_for, {first}

    async def invoice_for(tx: Any, user_id: int) -> Any:
        if user_id in broken:
            raise RuntimeError("out of order")
        return await found(tx, user_id)

    monkeypatch.setattr(monthly, "invoice_for", invoice_for)
    await due(desk, NEW_MONTH)
    assert [row["user_id"] for row in await documents(desk)] == [second]
    broken.clear()
    await due(desk)  # it waits a while
    assert len(await documents(desk)) == 1
    await due(desk, datetime(2026, 4, 1, 2, tzinfo=UTC))
    assert [row["user_id"] for row in await documents(desk)] == [second, first]


async def test_what_went_back_of_it_is_credited(api: Client, desk: Till) -> None:
    await told(desk, invoices="monthly")
    _, tag = await desk.user("balance")
    await due(desk)
    await desk.charges(tag, 20)
    await due(desk, NEW_MONTH)
    back = {"amount": 4, "reason": "Sorry", "key": "k"}
    assert (await api.post("/internal/transactions/v1.0/1/refund", back)).status in (200, 202)
    await desk.pays()
    assert sums(await documents(desk)) == [("invoice", "10.00"), ("credit_note", "-4.00")]


async def test_who_is_deleted_is_named_by_nothing(api: Client, desk: Till) -> None:
    await told(desk, invoices="monthly")
    user, tag = await desk.user("balance")
    await due(desk)
    await desk.charges(tag, 20)
    assert (await api.delete(f"/resources/users/v1.0/{user}")).status == 204
    await due(desk, NEW_MONTH)
    [row] = await documents(desk)
    assert (row["kind"], row["client"], row["email"]) == ("receipt", None, None)


async def test_who_requires_an_invoice_gets_it_at_once(api: Client, desk: Till) -> None:
    user, tag = await desk.user("balance")
    assert (await api.post(path(user), COMPANY)).status == 200
    await desk.charges(tag, 20)
    [invoice] = await documents(desk)
    assert (invoice["kind"], f"{invoice['tax']:.2f}", invoice["mail_wanted"]) == ("invoice", "1.60", True)
    client = invoice["client"]
    assert client == {
        "type": "company", "name": COMPANY["companyName"], "id": "HRB 7", "taxId": "DE136695976", "country": "DE",
        "city": "Ulm", "post_code": "89073", "address": "Münsterplatz 1",
    }  # fmt: skip
    await told(desk, sendInvoices=False)
    await desk.charges(tag, 10, 300)
    assert [(row["mail_wanted"], row["email"]) for row in await documents(desk)][1] == (False, None)


async def test_the_operators_setting_has_everybody_invoiced(api: Client, desk: Till) -> None:
    await told(desk, alwaysCollectInvoiceDetails=True)
    _, tag = await desk.user("balance", first_name="Ada", last_name="Berg")
    await desk.charges(tag, 20)
    [invoice] = await documents(desk)
    assert (invoice["kind"], invoice["client"]["name"]) == ("invoice", "Ada Berg")


SOLD = """
SELECT account.kind, SUM(CASE WHEN entry.credit_id = account.id THEN entry.amount ELSE -entry.amount END) AS sum
FROM ledger_account AS account JOIN ledger_entry AS entry ON account.id IN (entry.debit_id, entry.credit_id)
WHERE account.kind IN ('tax', 'revenue') GROUP BY account.kind"""


@pytest.mark.parametrize("amounts", [["10"], ["3.33", "0.01", "6.66"]])
async def test_a_company_abroad_owes_the_tax_itself(api: Client, desk: Till, amounts: list[str]) -> None:
    user, tag = await desk.user("balance")
    await api.post(path(user), COMPANY | {"companyTaxId": "U13585627", "country": "AT"})
    await desk.charges(tag, 20)
    [invoice] = await documents(desk)
    assert (invoice["reverse_charge"], invoice["total"], invoice["tax"]) == (True, 10, 0)
    left = Decimal(10)
    for amount in amounts:
        back = {"amount": float(amount), "reason": "Sorry", "key": amount}
        assert (await api.post("/internal/transactions/v1.0/1/refund", back)).status in (200, 202)
        await desk.pays()
        note, left = (await documents(desk))[-1], left - Decimal(amount)
        assert (note["kind"], note["total"], note["subtotal"]) == ("credit_note", -Decimal(amount), -Decimal(amount))
        assert (note["tax"], note["reverse_charge"], note["credited_id"]) == (0, True, invoice["id"])
        async with desk.system.database.read() as tx:
            assert {row["kind"]: row["sum"] for row in await tx.all(text(SOLD))} == {"tax": 0, "revenue": left}
