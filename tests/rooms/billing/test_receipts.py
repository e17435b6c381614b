"""Receipts and credit notes: what was paid is documented once, and what went back is taken off it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from ohmstead.rooms.billing.documents import items
from ohmstead.rooms.billing.documents.issuing import Item, Order, issue, sums_of
from ohmstead.rooms.billing.documents.resource import invoices, receipts
from ohmstead.rooms.billing.gateways.worker import GatewayCalls
from ohmstead.rooms.operator.currencies import precision
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.booked import running  # noqa: F401 - the fixture

TWENTY = Decimal(20)


class TestInvoices(ResourceContract):
    resource = invoices


class TestReceipts(ResourceContract):
    resource = receipts


def test_three_times_3_33_at_20_percent() -> None:
    """E12: rounded line by line they would say 8.34 and 1.65."""
    item = Item(what=items.top_up(), gross=Decimal("3.33"), tax_percentage=TWENTY)
    sums = sums_of([item] * 3, TWENTY, precision(2, 4))
    assert (sums.total, sums.subtotal) == (Decimal("9.99"), Decimal("8.33"))
    assert sums.nets == [Decimal("2.78"), Decimal("2.78"), Decimal("2.77")]


async def issued(given: Given, **values: Any) -> list[int]:
    usual = {"kind": "receipt", "purchase_type": "custom_fee", "currency": "EUR",
             "items": [Item(what=items.custom_fee("A blocked bay"), gross=Decimal("7.77"))]}  # fmt: skip
    async with given.system.database.begin() as tx:
        return await issue(tx, Order(**(usual | values)))


def broken() -> Iterator[Item]:
    """Of another rate, so that a number was given before."""
    yield Item(what=items.custom_fee("B"), gross=Decimal(1), tax_id=1, tax_percentage=Broken(7))


class Broken(Decimal):
    def __add__(self, other: Any) -> Any:
        raise InterruptedError

    __radd__ = __add__


async def test_a_number_that_was_not_used_is_given_to_the_next(given: Given, api: Client) -> None:
    await given.currency(alphabeticCode="EUR")
    await issued(given)
    with pytest.raises(InterruptedError):
        await issued(given, items=[Item(what=items.custom_fee("A"), gross=Decimal(1)), *broken()])
    await issued(given)
    shown = (await api.get("/resources/receipts/v2.0")).data
    assert [one["receiptNo"] for one in shown] == ["RCP-2026-000001", "RCP-2026-000002"]


async def test_one_document_for_each_rate(given: Given, api: Client) -> None:
    await given.currency(alphabeticCode="EUR")
    taxes = [(await given.tax(percentage=each))["id"] for each in (19, 7)]
    lines = [
        Item(what=items.custom_fee("A"), gross=Decimal(gross), tax_id=taxes[at], tax_percentage=Decimal((19, 7)[at]))
        for gross, at in (("11.90", 0), ("10.70", 1), ("1.19", 0))
    ]
    await issued(given, kind="invoice", items=lines)
    shown = (await api.get("/resources/invoices/v1.0")).data
    found = [(one["taxRate"], one["subtotal"], one["taxAmount"], one["totalAmount"]) for one in shown]
    assert sorted(found) == [(7, 10.0, 0.7, 10.7), (19, 11.0, 2.09, 13.09)]


async def test_what_is_paid_has_a_receipt_and_what_went_back_a_credit_note(given: Given, api: Client) -> None:
    await given.currency(alphabeticCode="EUR")
    await given.tax(percentage=19)
    user = int((await given.user())["id"])
    await given.payment_method(user)
    await given.subscribed(user, (await given.plan())["id"])
    await given.system.outbox.drain()
    (receipt,) = (await api.get("/resources/receipts/v2.0")).data
    assert (receipt["totalAmount"], receipt["paymentStatus"], receipt["userId"]) == (9.9, "paid", user)
    assert receipt["tax"]["taxPercentage"] == 19
    assert (receipt["periodStart"], receipt["periodEnd"]) == ("2026-03-02T08:00:00+00:00", "2026-04-02T08:00:00+00:00")
    assert f"{receipt['totalKwh']}" in ("0", "0.0")
    (paid,) = (await api.get("/resources/transactions/v1.0")).data
    assert (paid["receiptId"], paid["number"]) == (receipt["id"], receipt["receiptNo"])
    for key, amount in (("a", 3.3), ("b", 6.6)):
        body = {"amount": amount, "reason": "kind", "key": key}
        assert (await api.post(f"/internal/transactions/v1.0/{paid['id']}/refund", body)).status == 202
        await settle(given)
    notes = (await api.get("/resources/invoices/v1.0")).data
    assert [(one["type"], one["totalAmount"], one["subtotal"]) for one in notes] == [
        ("credit_note", -3.3, -2.77), ("credit_note", -6.6, -5.55),
    ]  # fmt: skip
    assert len((await api.get("/resources/receipts/v2.0")).data) == 1


async def settle(given: Given) -> None:
    """Calls of the gateway, and what they tell."""
    for _ in range(3):
        calls = GatewayCalls(given.system.database, given.system.clock)
        await calls.look()
        await calls.settled()
        await given.system.outbox.drain()
