"""Custom fees: taken off the balance or by a stored card, and billed with the tax in them."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, text

from ohmstead.app.system import System
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.balance.spending import available, credit
from ohmstead.rooms.billing.custom_fees import custom_fees
from ohmstead.rooms.billing.gateways.calls import carry_out
from ohmstead.rooms.billing.gateways.gateway import Money, Outcome
from ohmstead.rooms.billing.gateways.outcomes import EVENT, apply
from ohmstead.rooms.billing.ledger import Account, balance_of, faults
from ohmstead.rooms.billing.methods.table import payment_method
from tests.client import Answer, Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.billing.scripted_gateway import ScriptedGateway

PATH = "/resources/custom-fees/v2.0"


class TestCustomFees(ResourceContract):
    resource = custom_fees


@pytest.fixture
async def user(given: Given) -> int:
    await given.currency()
    await given.tax(percentage=20)
    return int((await given.user())["id"])


@pytest.fixture
def scripted() -> Any:
    with ScriptedGateway().provided() as found:
        yield found


async def put_on(system: System, user: int, amount: str) -> None:
    async with system.database.begin() as tx:
        await credit(tx, user, Money(Decimal(amount), "EUR"), "api_top_up")


async def card(system: System, user: int, **values: Any) -> str:
    """A stored card of a user, as the API names it."""
    async with system.database.begin() as tx:
        row = {
            "user_id": user, "gateway": "scripted", "token": f"tok-{user}", "kind": "card", "brand": "visa",
            "last4": "4242", "exp_month": 12, "exp_year": 2049, "created_at": tx.now, "updated_at": tx.now,
        } | values  # fmt: skip
        return str(await tx.value(insert(payment_method).values(row).returning(payment_method.c.id)))


async def applied(api: Client, user: int, **body: Any) -> Answer:
    usual = {"amount": 12, "description": "Blocked bay"}
    return await api.post(f"/actions/users/v1.0/{user}/apply-custom-fee", usual | body)


async def only_transaction(system: System) -> Row:
    async with system.database.read() as tx:
        assert await faults(tx) == []
        rows = await tx.all(text("SELECT * FROM payment_transaction"))
    assert len(rows) == 1
    return rows[0]


async def sold(system: System) -> dict[str, Decimal]:
    """What revenue and tax have, and what the user owes."""
    async with system.database.read() as tx:
        tax = await tx.value(text("SELECT owner_id FROM ledger_account WHERE kind = 'tax'")) or 0
        owner = await tx.value(text("SELECT owner_id FROM ledger_account WHERE kind = 'receivable'")) or 0
        accounts = (Account("revenue", "EUR"), Account("tax", "EUR", tax), Account("receivable", "EUR", owner))
        return {one.kind: await balance_of(tx, one) for one in accounts}


SOLD = {"revenue": 10, "tax": 2, "receivable": 0}


async def test_the_balance_pays(api: Client, given: Given, user: int) -> None:
    await put_on(given.system, user, "20")
    for method in ({}, {"paymentMethodId": None}):
        assert (await applied(api, user, **method, amount=6)).status == 202
    shown = (await api.get("/resources/transactions/v1.0")).data
    assert [(one["purchaseResourceType"], one["status"], one["totalAmount"]) for one in shown] == [
        ("custom_fee", "finalized", 6)
    ] * 2
    fees = (await api.get(PATH)).data
    assert fees[0] == (await api.get(f"{PATH}/{fees[0]['id']}")).data
    assert [(one["transactionId"], one["amount"], one["currency"], one["bankMessage"]) for one in fees] == [
        (one["id"], 6, "EUR", "Blocked bay") for one in shown
    ]
    assert [one["purchaseResourceId"] for one in shown] == [one["id"] for one in fees]
    assert all(one["createdByAdminId"] for one in fees)
    async with given.system.database.read() as tx:
        assert (await available(tx, user), await faults(tx)) == (8, [])
    assert await sold(given.system) == SOLD


async def test_a_balance_that_does_not_suffice_pays_nothing(api: Client, given: Given, user: int) -> None:
    await put_on(given.system, user, "11.99")
    answer = await applied(api, user)
    assert (answer.status, answer.body["message"]) == (400, "User has insufficient balance.")
    assert (await api.get(PATH)).data == (await api.get("/resources/transactions/v1.0")).data == []


async def test_two_fees_do_not_spend_one_balance(api: Client, given: Given, user: int) -> None:
    await put_on(given.system, user, "20")
    answers = await asyncio.gather(*(applied(api, user) for _ in range(3)))
    assert sorted(one.status for one in answers) == [202, 400, 400]


async def test_a_card_pays(api: Client, given: Given, user: int, scripted: ScriptedGateway) -> None:
    assert (await applied(api, user, paymentMethodId=await card(given.system, user))).status == 202
    row = await only_transaction(given.system)
    assert (row["status"], row["captured"], row["card"]["last4"]) == ("finalized", 12, "4242")
    assert (row["bank_message"], scripted.statements) == ("Blocked bay", ["Blocked bay"])
    assert [money for _, money in scripted.done.values()] == [Money(Decimal(12), "EUR")] * 2
    assert await sold(given.system) == SOLD


async def test_a_card_that_is_declined_pays_no_fee(
    api: Client, given: Given, user: int, scripted: ScriptedGateway
) -> None:
    scripted.script("authorize", Outcome(state="declined", reason="card_declined"))
    answer = await applied(api, user, paymentMethodId=await card(given.system, user))
    assert (answer.status, answer.body["message"]) == (400, "Your card was declined.")
    assert ((await api.get(PATH)).data, (await only_transaction(given.system))["status"]) == ([], "failed")
    assert await sold(given.system) == {"revenue": 0, "tax": 0, "receivable": 0}


async def test_a_hold_that_is_answered_late_is_taken_then(
    api: Client, given: Given, user: int, scripted: ScriptedGateway
) -> None:
    scripted.script("authorize", Outcome(state="pending", reference="p1"))
    assert (await applied(api, user, paymentMethodId=await card(given.system, user))).status == 202
    row = await only_transaction(given.system)
    assert row["status"] == "pending"
    scripted.payments["p1"] = Outcome(state="authorized", reference="p1", authorized=Decimal(12))
    for _ in range(2):
        async with given.system.database.begin() as tx:
            await apply(tx, row["id"], scripted.payments["p1"], EVENT)
    async with given.system.database.read() as tx:
        calls = await tx.all(text("SELECT id FROM gateway_call WHERE step = 'capture'"))
    assert [(await carry_out(given.system.database, one["id"]))["status"] for one in calls] == ["finalized"]
    assert await sold(given.system) == SOLD


async def test_what_cannot_pay_is_refused_by_name(
    api: Client, given: Given, user: int, scripted: ScriptedGateway
) -> None:
    own, other = await card(given.system, user), int((await given.user())["id"])
    corporate = await given.corporate_account(71, user)
    expired = await card(given.system, user, token="old", exp_year=2020)
    for method in (corporate, expired, await card(given.system, other), "auto", "balance", "x"):
        answer = await applied(api, user, paymentMethodId=method)
        assert (answer.status, [*answer.body["errors"]]) == (422, ["paymentMethodId"]), method
    for wrong in ({"amount": 0}, {"amount": -1}, {"amount": 0.004}, {"amount": 0.4}, {"description": ""}):
        answer = await applied(api, user, **{"paymentMethodId": own, **wrong})
        assert (answer.status, [*answer.body["errors"]]) == (422, [*wrong]), wrong
    assert (scripted.calls, (await applied(api, 999)).status) == ([], 404)


async def test_without_a_base_currency_there_is_no_fee(api: Client, given: Given) -> None:
    answer = await applied(api, int((await given.user())["id"]))
    assert (answer.status, answer.body["message"]) == (400, "Currency is not set.")


async def test_without_a_tax_all_of_it_is_sold(api: Client, given: Given) -> None:
    await given.currency()
    user = int((await given.user())["id"])
    await put_on(given.system, user, "20")
    assert (await applied(api, user)).status == 202
    assert await sold(given.system) == {"revenue": 12, "tax": 0, "receivable": 0}


async def test_a_partner_sees_the_fees_of_its_users(api: Client, given: Given, user: int) -> None:
    partner = await given.client("*", partner_id=71)
    its = int(
        (await partner.post("/resources/users/v1.0", {"email": "a@b.example", "password": "correct horse"})).data["id"]
    )
    for one in (its, user):
        await put_on(given.system, one, "20")
        assert (await applied(api, one)).status == 202
    assert [one["id"] for one in (await partner.get(PATH)).data] == [1]
    assert (await applied(partner, its)).status == 403
    await partner.close()
