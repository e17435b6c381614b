"""A receipt for each thing that is paid, and each only once; what becomes less is taken off it, never more than it
says."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from ohmstead.kit.db import Row
from ohmstead.rooms.billing.durable_facts import TransactionChanged
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.till import REFUSED, Till, till
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.test_erasure import PERSON
from tests.rooms.test_private_data import export_of, fetched

RECEIPTS, INVOICES = "/resources/receipts/v2.0", "/resources/invoices/v1.0"
TRANSACTIONS = "/resources/transactions/v1.0"


@pytest.fixture
async def desk(api: Client, given: Given) -> Till:
    return await till(api, given)


async def told_again(desk: Till) -> None:
    """All that was ever told of payments is told once more, some of it twice."""
    async with desk.system.database.begin() as tx:
        for row in await tx.all(text("SELECT id FROM payment_transaction")):
            tx.tell(TransactionChanged(id=row["id"], action="updated"))
    await desk.there.settled()


async def listed(desk: Till, api: Client) -> list[tuple[str, str, str]]:
    """Receipts and credit notes in the order they were issued, once all was told again: kind, total, subtotal."""
    await told_again(desk)
    async with desk.system.database.read() as tx:
        rows: list[Row] = await tx.all(text("SELECT * FROM document ORDER BY id"))
    shown = [*(await api.get(RECEIPTS)).data, *(await api.get(INVOICES)).data]
    assert sorted(one["totalAmount"] for one in shown) == sorted(float(row["total"]) for row in rows)
    return [(row["kind"], f"{row['total']:.2f}", f"{row['subtotal']:.2f}") for row in rows]


async def test_a_session_has_one_receipt_that_its_payments_name(desk: Till, api: Client) -> None:
    user, tag = await desk.user(email="e@example.com")
    await desk.card(user)
    await desk.charges(tag, 20)
    assert await listed(desk, api) == [("receipt", "10.00", "8.40")]
    [receipt] = (await api.get(RECEIPTS, f"filter[userId]={user}")).data
    assert (receipt["totalKwh"], receipt["paymentStatus"], receipt["periodStart"]) == (20, "paid", None)
    assert (await desk.there.shown(1))["receiptId"] == receipt["id"]
    [paid] = (await api.get(TRANSACTIONS)).data
    assert (paid["receiptId"], paid["number"], paid["invoiceId"]) == (receipt["id"], receipt["receiptNo"], None)
    [of_session] = (await api.get("/resources/sessions/v1.0", f"filter[receiptId]={receipt['id']}")).data
    assert of_session["id"] == "1"
    async with desk.system.database.read() as tx:
        row = await tx.one(text("SELECT * FROM document"))
    assert row is not None
    assert (row["email"], row["client"], row["mail_wanted"]) == ("e@example.com", None, True)
    assert row["file_due_at"] is not None


async def test_what_costs_nothing_or_is_not_paid_has_none(desk: Till, api: Client) -> None:
    user, tag = await desk.user()
    await desk.charges(tag, 0)
    await desk.card(user, REFUSED)
    await desk.charges(tag, 20, minutes=30)
    assert (await desk.bill(2))["status"] == "failed"
    assert await listed(desk, api) == []


async def test_what_is_paid_later_has_it_then(desk: Till, api: Client) -> None:
    user, tag = await desk.user()
    await desk.card(user, REFUSED)
    await desk.charges(tag, 20)
    assert await listed(desk, api) == []
    again = {"paymentMethodId": str(await desk.card(user))}
    assert (await api.post("/actions/session/v1.0/1/retry-payment", again)).status == 202
    await desk.pays()
    assert await listed(desk, api) == [("receipt", "10.00", "8.40")]


async def test_what_is_bought_for_the_balance_has_a_receipt_without_tax(desk: Till, api: Client, given: Given) -> None:
    """What it will be spent on, and taxed by, is not known before it is."""
    user, tag = await desk.user("balance")
    await desk.card(user, is_default=True)
    package = (await given.top_up_package())["id"]
    assert (await api.post(f"/internal/users/v1.0/{user}/top-ups", {"topUpPackageId": package})).status == 202
    await desk.pays()
    assert await listed(desk, api) == [("receipt", "20.00", "20.00")]
    [receipt] = (await api.get(RECEIPTS)).data
    assert "tax" not in receipt
    await desk.charges(tag, 20)
    assert await listed(desk, api) == [("receipt", "20.00", "20.00"), ("receipt", "10.00", "8.40")]


async def test_a_partner_that_sells_is_the_supplier(desk: Till, api: Client, given: Given) -> None:
    partner = await given.partner(name="Stadtwerke", options={"supplierOnReceipts": True})
    async with desk.system.database.begin() as tx:
        await tx.run(text("UPDATE charge_point SET partner_id = :key").bindparams(key=int(partner["id"])))
    user, tag = await desk.user()
    await desk.card(user)
    await desk.charges(tag, 20)
    assert await listed(desk, api) == [("receipt", "10.00", "8.40")]
    async with desk.system.database.read() as tx:
        assert await tx.value(text("SELECT supplier->>'name' FROM document")) == "Stadtwerke"


async def test_a_price_that_falls_and_rises_is_followed(desk: Till, api: Client) -> None:
    """10.00, then 6.66, then nothing, then 3.33: never is more taken back than the receipt says."""
    user, tag = await desk.user()
    await desk.card(user)
    await desk.charges(tag, 20)
    for price in ("6.66", "0.00", "3.33"):
        await desk.costs(1, price)
    assert await listed(desk, api) == [
        ("receipt", "10.00", "8.40"), ("credit_note", "-3.34", "-2.81"), ("credit_note", "-6.66", "-5.59"),
        ("receipt", "3.33", "2.80"),
    ]  # fmt: skip
    notes = (await api.get(INVOICES)).data
    assert {(one["type"], one["userId"], one["taxRate"]) for one in notes} == {("credit_note", user, 19)}
    assert all(Decimal(str(one["subtotal"])) + Decimal(str(one["taxAmount"])) == Decimal(str(one["totalAmount"]))
               for one in notes)  # fmt: skip


async def test_what_an_operator_gives_back_in_parts_adds_up_to_the_receipt(desk: Till, api: Client) -> None:
    user, tag = await desk.user()
    await desk.card(user)
    await desk.charges(tag, 20)
    for key, amount in enumerate((3.33, 3.33, 3.33, 0.01)):
        body = {"amount": amount, "reason": "kind", "key": str(key)}
        assert (await api.post("/internal/transactions/v1.0/1/refund", body)).status == 202
        await desk.pays()
    more = {"amount": 0.01, "reason": "kind", "key": "more"}
    assert (await api.post("/internal/transactions/v1.0/1/refund", more)).status == 409
    found = await listed(desk, api)
    assert [kind for kind, *_ in found] == ["receipt", *4 * ["credit_note"]]
    assert [sum(Decimal(one[place]) for one in found) for place in (1, 2)] == [0, 0]


async def test_a_fee_has_a_receipt_and_so_has_nobody_in_particular(desk: Till, api: Client, given: Given) -> None:
    user, _ = await desk.user()
    await desk.card(user, is_default=True)
    fee = {"amount": 3.33, "description": "A blocked bay", "paymentMethodId": None}
    await given.balance(user, 50)
    assert (await api.post(f"/actions/users/v1.0/{user}/apply-custom-fee", fee)).status == 202
    assert await listed(desk, api) == [("receipt", "3.33", "2.80")]
    async with desk.system.database.read() as tx:
        assert await tx.value(text("SELECT item FROM document_line")) == {
            "kind": "custom_fee", "reason": "A blocked bay",
        }  # fmt: skip


async def test_a_document_that_cannot_be_made_is_not_in_the_way_of_a_payment(desk: Till, api: Client) -> None:
    async with desk.system.database.begin() as tx:
        await tx.run(text("ALTER TABLE number_series RENAME TO number_series_away"))
    try:
        user, tag = await desk.user()
        await desk.card(user)
        await desk.charges(tag, 20)
        assert (await desk.bill())["status"] == "paid"
    finally:
        async with desk.system.database.begin() as tx:
            await tx.run(text("ALTER TABLE number_series_away RENAME TO number_series"))
    assert await listed(desk, api) == [("receipt", "10.00", "8.40")]


async def test_documents_of_a_person_are_exported_and_stay(desk: Till, api: Client) -> None:
    """They are sent to nobody any more; what they say was issued, and is kept."""
    user: dict[str, Any] = await desk.there.given.user(**PERSON)
    tag = await desk.there.given.id_tag(userId=int(user["id"]))
    await desk.card(int(user["id"]))
    await desk.charges(tag["idTagUid"], 20)
    _, archive = await fetched((await api.get(export_of(user))).body["downloadUrl"])
    assert [one["totalAmount"] for one in archive["receipts.json"]] == [10]
    assert archive["invoices.json"] == []
    assert (await api.delete(f"/resources/users/v1.0/{user['id']}")).status == 204
    async with desk.system.database.read() as tx:
        row = await tx.one(text("SELECT * FROM document"))
    assert row is not None
    assert (row["email"], row["mail_wanted"], row["user_id"], row["total"]) == (None, False, int(user["id"]), 10)
