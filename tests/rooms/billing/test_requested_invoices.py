"""An invoice for one charge of who has no account: once, for what was paid, within a time; and sent again."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from ohmstead.kit.db import Row
from ohmstead.rooms.billing.documents.mailing import mail_if_wanted
from ohmstead.rooms.billing.documents.table import document
from ohmstead.rooms.billing.gateways.calls import begin_call, carry_out
from ohmstead.rooms.billing.ledger import Account, balance_of
from ohmstead.rooms.billing.transactions.states import amend, open_transaction, transaction
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.mail.table import email_message
from tests.client import Answer, Client
from tests.given import Given
from tests.rooms.billing.issued import stored
from tests.rooms.billing.till import Till, till
from tests.rooms.booked import running  # noqa: F401 - the fixture

PERSON = {"invoiceType": "individual", "individualName": "Ada Berg", "country": "DE", "city": "Ulm"}
AUSTRIAN = {"invoiceType": "company", "companyName": "Strom AG", "companyTaxId": "ATU13585627", "country": "AT"}


@pytest.fixture
async def desk(api: Client, given: Given) -> Till:
    found = await till(api, given)
    async with found.system.database.begin() as tx:
        await settings.put(tx, "supplier", name="Ohm GmbH", country="DE", vatNo="DE136695976")
    return found


async def paid(desk: Till, amount: str = "10", **values: Any) -> int:
    """A charge of who has no account, and 10.00 of its price of 10.00 paid by card; the transaction."""
    method_id = await desk.card(None)
    await desk.charges("STRANGER", 20)
    async with desk.system.database.begin() as tx:
        usual = {"purchase_type": "session", "session_id": 1, "means": "tokenized", "method_id": method_id,
                 "gateway": "embedded", "currency": "EUR", "amount": Decimal(amount)}  # fmt: skip
        key = await open_transaction(tx, **(usual | values))
    for step in ("authorize", "capture"):
        async with desk.system.database.begin() as tx:
            call = await begin_call(tx, await transaction(tx, key, lock=True), step, Decimal(amount))
        await carry_out(desk.system.database, call)
    await desk.pays()
    return key


async def asked(api: Client, key: int, act: str = "issue-invoice", **details: Any) -> Answer:
    body = {"email": "ada@example.org", "invoiceDetails": PERSON | details} if act == "issue-invoice" else None
    return await api.post(f"/actions/transactions/v1.0/{key}/{act}", body)


async def documents(desk: Till) -> list[Row]:
    async with desk.system.database.read() as tx:
        return [*await tx.all(select(document).order_by(document.c.id))]


def sums(rows: list[Row]) -> list[tuple[str, str]]:
    return [(row["kind"], f"{row['total']:.2f}") for row in rows]


async def test_a_charge_is_invoiced_once_and_its_receipt_corrected(api: Client, desk: Till) -> None:
    key = await paid(desk)
    assert sums(await documents(desk)) == [("receipt", "10.00")]
    answer = await asked(api, key)
    assert (answer.status, answer.body) == (202, None)
    expected = [("receipt", "10.00"), ("credit_note", "-10.00"), ("invoice", "10.00")]
    rows = await documents(desk)
    assert sums(rows) == expected
    invoice = rows[-1]
    assert (invoice["subtotal"], invoice["tax"], invoice["reverse_charge"]) == (Decimal("8.40"), Decimal("1.60"), False)
    assert (invoice["email"], invoice["mail_wanted"], invoice["user_id"]) == ("ada@example.org", True, None)
    assert rows[1]["credited_id"] == rows[0]["id"]
    [shown] = [one for one in (await api.get("/resources/invoices/v1.0")).data if one["type"] == "invoice"]
    assert shown["client"] == {"type": "individual", "name": "Ada Berg", "country": "DE", "city": "Ulm"}
    assert shown["userId"] == -1
    its = (await api.get(f"/resources/transactions/v1.0/{key}")).body
    assert (its["invoiceId"], its["invoiceNo"]) == (invoice["id"], invoice["number"])
    again = await asked(api, key)
    assert (again.status, "Resend" in again.body["message"]) == (409, True)
    async with desk.system.database.begin() as tx:
        await amend(tx, key, ref="told anew")
    await desk.pays()
    assert sums(await documents(desk)) == expected


async def test_only_who_has_no_account_asks_for_one(api: Client, desk: Till) -> None:
    _, tag = await desk.user("balance")
    await desk.charges(tag, 20)
    answer = await asked(api, 1)
    assert (answer.status, "ad-hoc" in answer.body["message"]) == (412, True)


async def test_what_is_not_all_paid_is_not_invoiced(api: Client, desk: Till) -> None:
    key = await paid(desk, "9")
    answer = await asked(api, key)
    assert (answer.status, "paid" in answer.body["message"]) == (412, True)
    async with desk.system.database.begin() as tx:
        none = await open_transaction(tx, purchase_type="session", currency="EUR", amount=Decimal(5), status="failed")
        failed = await open_transaction(
            tx, purchase_type="session", session_id=1, currency="EUR", amount=Decimal(1), status="failed"
        )
    assert [(await asked(api, one)).status for one in (none, failed)] == [412, 412]
    assert (await asked(api, 4711)).status == 404


async def test_the_window_is_the_operators(api: Client, desk: Till) -> None:
    key = await paid(desk)
    async with desk.system.database.begin() as tx:
        await tx.run(text("UPDATE payment_transaction SET finalized_at = finalized_at - interval '31 days'"))
    answer = await asked(api, key)
    assert (answer.status, "30 days" in answer.body["message"]) == (412, True)
    async with desk.system.database.begin() as tx:
        await settings.put(tx, "documents", issueWindowDays=40)
    assert (await asked(api, key)).status == 202


async def test_who_pays_has_to_be_somebody(api: Client, desk: Till) -> None:
    key = await paid(desk)
    for field, change in {
        "individualName": {"individualName": ""},
        "companyName": {"invoiceType": "company", "companyRegNo": "7"},
        "companyTaxId": AUSTRIAN | {"companyTaxId": "ATU13585628"},
    }.items():
        answer = await asked(api, key, **change)
        assert (answer.status, list(answer.body["errors"])) == (422, [f"invoiceDetails.{field}"]), answer.body
    body = {"email": "nobody", "invoiceDetails": {}}
    answer = await api.post(f"/actions/transactions/v1.0/{key}/issue-invoice", body)
    assert {*answer.body["errors"]} == {"email", "invoiceDetails.invoiceType"}
    async with desk.system.database.begin() as tx:
        await settings.put(tx, "supplier", country=None)
    nowhere = await asked(api, key, country=None)
    assert (nowhere.status, list(nowhere.body["errors"])) == (422, ["invoiceDetails.country"])
    assert sums(await documents(desk)) == [("receipt", "10.00")]


async def test_a_company_abroad_owes_the_tax_itself(api: Client, desk: Till) -> None:
    key = await paid(desk)
    assert (await asked(api, key, **AUSTRIAN)).status == 202
    invoice = (await documents(desk))[-1]
    assert (invoice["total"], invoice["subtotal"], invoice["tax"]) == (10, 10, 0)
    assert (invoice["reverse_charge"], invoice["tax_percentage"], invoice["tax_id"]) == (True, 0, None)
    async with desk.system.database.read() as tx:
        assert await balance_of(tx, Account("tax", "EUR", 1)) == 0
        assert await balance_of(tx, Account("revenue", "EUR")) == 10


async def test_an_invoice_is_sent_again(api: Client, desk: Till) -> None:
    key = await paid(desk)
    answer = await asked(api, key, "resend-invoice")
    assert (answer.status, "Issue" in answer.body["message"]) == (409, True)
    await asked(api, key)
    invoice = (await documents(desk))[-1]
    async with desk.system.database.begin() as tx:
        await stored(tx, invoice["id"])
        await mail_if_wanted(tx, invoice["id"])
    assert (await asked(api, key, "resend-invoice")).status == 202
    async with desk.system.database.read() as tx:
        sent = await tx.all(select(email_message.c.to, email_message.c.subject))
    assert [(row["to"], invoice["number"] in row["subject"]) for row in sent] == [("ada@example.org", True)] * 2
    assert (await asked(api, 4711, "resend-invoice")).status == 404
