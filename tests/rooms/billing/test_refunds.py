"""Refunds: once by their key, never more than was collected, and what the ledger says of them."""

import asyncio
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.billing.balance.spending import available, credit, spend
from ohmstead.rooms.billing.gateways.calls import carry_out
from ohmstead.rooms.billing.gateways.gateway import Money, Outcome, Refused
from ohmstead.rooms.billing.gateways.outcomes import EVENT, apply
from ohmstead.rooms.billing.ledger import Account, Entry, balance_of, post
from ohmstead.rooms.billing.ledger.accounts import Kind
from ohmstead.rooms.billing.refunds.booking import refunded_by_operator
from ohmstead.rooms.billing.refunds.refund import refund, refundable
from ohmstead.rooms.billing.transactions.states import move, open_transaction, transaction
from tests.client import Answer, Client
from tests.given import Given
from tests.rooms.billing.payments import Payments
from tests.rooms.billing.scripted_gateway import ScriptedGateway

SESSION = 77


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    with ScriptedGateway().provided() as found:
        yield found


@pytest.fixture
async def payments(system: System, scripted: ScriptedGateway, given: Given) -> Payments:
    await given.currency()
    return Payments(system.database)


class Credited:
    """What sessions were told of refunds, while it listens."""

    def __init__(self) -> None:
        self.told: list[Decimal] = []

    async def __call__(self, tx: Tx, row: Row, amount: Decimal) -> None:
        if row["session_id"] == SESSION:
            self.told.append(amount)


@pytest.fixture
def credited() -> Iterator[Credited]:
    found = Credited()
    refunded_by_operator.answer(found)
    yield found
    refunded_by_operator._answerers.remove(found)


async def billed(system: Any, net: str, tax: str, key: str = "session:77:r1", back: bool = False, **of: Any) -> None:
    """What a session (or what `of` says) costs."""
    owed, parts = Account("receivable", "EUR"), {"net": Account("revenue", "EUR"), "tax": Account("tax", "EUR", 3)}
    async with system.database.begin() as tx:
        for name, amount in (("net", net), ("tax", tax)):
            debit, credit_ = (parts[name], owed) if back else (owed, parts[name])
            entry = {"key": f"{key}:{name}", "debit": debit, "credit": credit_, "amount": Decimal(amount)}
            await post(tx, Entry(**entry, **(of or {"session_id": SESSION})))


async def collected(payments: Payments, amount: str = "12.40", **values: Any) -> int:
    """A card payment of the session, captured."""
    key = await payments.held(amount, **({"session_id": SESSION} | values))
    assert (await payments.call(key, "capture", amount))["captured"] == Decimal(amount)
    return key


async def asked(api: Client, transaction_id: int, /, **body: Any) -> Answer:
    return await api.post(
        f"/internal/transactions/v1.0/{transaction_id}/refund", {"reason": "broken", "key": "k1"} | body
    )


async def made(payments: Payments) -> None:
    """The calls that were begun, made."""
    async with payments.database.read() as tx:
        calls = await tx.all(text("SELECT id FROM gateway_call WHERE due_at IS NOT NULL ORDER BY id"))
    for call in calls:
        await carry_out(payments.database, call["id"])


async def balances(system: Any) -> dict[str, Decimal]:
    """Of the accounts that a refund touches: what was given to them less what was taken."""
    accounts: dict[Kind, int] = {"receivable": 0, "revenue": 0, "tax": 3, "gateway": 0, "external": 0}
    async with system.database.read() as tx:
        found = {kind: await balance_of(tx, Account(kind, "EUR", owner)) for kind, owner in accounts.items()}
    return {kind: amount for kind, amount in found.items() if amount}


async def test_a_provider_gives_back_once_by_the_key(
    api: Client, payments: Payments, scripted: ScriptedGateway, credited: Credited
) -> None:
    await billed(payments, "10.42", "1.98")
    key = await collected(payments)
    answer = await asked(api, key, amount=3.1)
    assert (answer.status, answer.body) == (202, {"number": 1, "amount": 3.1, "currency": "EUR", "status": "pending"})
    assert (await asked(api, key, amount=9.31, key="k2")).status == 422  # the rest is on its way
    await made(payments)
    again = await asked(api, key, amount=3.1)
    assert (again.status, again.body["status"]) == (202, "done")
    assert (await asked(api, key, amount=3)).status == 409
    row = await payments.row(key)
    assert (row["refunded"], row["status"], scripted.count("refund")) == (Decimal("3.1"), "finalized", 1)
    assert await balances(payments) == {
        "revenue": Decimal("7.81"), "tax": Decimal("1.49"), "gateway": Decimal("-9.30"),
    }  # fmt: skip
    rest = await asked(api, key, key="k3")
    assert rest.body["amount"] == 9.3
    await made(payments)
    assert (await payments.row(key))["status"] == "refunded"
    assert (await balances(payments), credited.told) == ({}, [Decimal("3.10"), Decimal("9.30")])
    assert (await asked(api, key, key="k4")).status == 409
    assert (await asked(api, key, key="k3")).body["status"] == "done"


async def test_what_is_not_finalized_is_not_given_back(api: Client, payments: Payments) -> None:
    answer = await asked(api, await payments.held())
    assert (answer.status, answer.body["message"]) == (409, "Only what is finalized can be given back.")
    bought = await collected(payments, session_id=None, purchase_type="topup_package")
    assert (await asked(api, bought)).status == 409
    assert (await asked(api, 999)).status == 404


@pytest.mark.parametrize("wrong", [{"amount": 0}, {"amount": 12.41}, {"key": ""}, {"reason": ""}])
async def test_what_is_wrong_is_named(api: Client, payments: Payments, wrong: dict[str, Any]) -> None:
    answer = await asked(api, await collected(payments), **wrong)
    assert (answer.status, [*answer.body["errors"]]) == (422, [*wrong])


async def test_what_the_provider_refuses_may_be_asked_again(
    api: Client, payments: Payments, scripted: ScriptedGateway
) -> None:
    key = await collected(payments)
    scripted.script("refund", Refused("too late"))
    await asked(api, key, amount=12.4)
    await made(payments)
    assert (await asked(api, key, amount=12.4)).body["status"] == "failed"
    await asked(api, key, amount=12.4, key="k2")
    await made(payments)
    assert [(await asked(api, key, key=one)).body["status"] for one in ("k1", "k2")] == ["failed", "done"]
    assert (await payments.entries())[f"transaction:{key}:refund:2"] == Decimal("12.40")


async def test_what_is_given_back_at_the_provider_is_an_operators(payments: Payments, credited: Credited) -> None:
    await billed(payments, "10.42", "1.98")
    key = await collected(payments)
    told = Outcome(state="captured", captured=Decimal("12.40"), refunded=Decimal("6.20"))
    for _ in range(5):
        async with payments.database.begin() as tx:
            await apply(tx, key, told, EVENT)
    assert credited.told == [Decimal("6.20")]
    assert await balances(payments) == {
        "revenue": Decimal("5.21"), "tax": Decimal("0.99"), "gateway": Decimal("-6.20"),
    }  # fmt: skip


async def test_a_price_that_fell_is_told_by_its_own_entries(payments: Payments, credited: Credited) -> None:
    await billed(payments, "10.42", "1.98")
    key = await collected(payments)
    await billed(payments, "1.68", "0.32", key="session:77:r2", back=True)
    async with payments.database.begin() as tx:
        row = await transaction(tx, key, lock=True)
        for _ in range(2):
            await refund(tx, row, Decimal(2), "session:77:r2")
    await made(payments)
    assert credited.told == []
    assert await balances(payments) == {
        "revenue": Decimal("8.74"), "tax": Decimal("1.66"), "gateway": Decimal("-10.40"),
    }  # fmt: skip


async def test_what_was_paid_too_much_was_never_sold(api: Client, payments: Payments, credited: Credited) -> None:
    """The price fell by 2.00, which an operator gives back with 1.00 more."""
    await billed(payments, "10.42", "1.98")
    key = await collected(payments)
    await billed(payments, "1.68", "0.32", key="session:77:r2", back=True)
    await asked(api, key, amount=3)
    await made(payments)
    assert credited.told == [Decimal("1.00")]
    assert await balances(payments) == {
        "revenue": Decimal("7.90"), "tax": Decimal("1.50"), "gateway": Decimal("-9.40"),
    }  # fmt: skip


async def test_the_balance_has_back_what_it_paid(api: Client, payments: Payments, given: Given) -> None:
    user = int((await given.user())["id"])
    paid: dict[str, Any] = {"purchase_type": "session", "currency": "EUR", "amount": Decimal(8), "means": "balance"}
    async with payments.database.begin() as tx:
        await credit(tx, user, Money(Decimal(20), "EUR"), "api_top_up")
        key = await open_transaction(tx, user_id=user, **paid)
        await spend(tx, user, Money(Decimal(8), "EUR"), key, "transaction")
        await move(tx, key, "finalized", captured=Decimal(8))
    answer = await asked(api, key, amount=5)
    assert (answer.status, answer.body["status"]) == (202, "done")
    async with payments.database.read() as tx:
        assert await available(tx, user) == 17
    assert (await asked(api, key, key="k2")).body["amount"] == 3
    assert (await payments.row(key))["status"] == "refunded"
    assert {one for one in await payments.entries() if ":refund:" in one} == {
        f"transaction:{key}:refund:1", f"transaction:{key}:refund:2"
    }  # fmt: skip


async def test_an_account_of_a_partner_owes_less(api: Client, payments: Payments) -> None:
    paid: dict[str, Any] = {"purchase_type": "session", "currency": "EUR", "amount": Decimal(8), "means": "corporate"}
    async with payments.database.begin() as tx:
        key = await open_transaction(tx, payment_method_id="corporate:3", **paid)
        await move(tx, key, "finalized", captured=Decimal(8))
    assert (await asked(api, key, amount=5)).body["status"] == "done"
    async with payments.database.read() as tx:
        assert await balance_of(tx, Account("corporate", "EUR", 3)) == 5


async def test_an_external_payment_is_given_back_at_once(api: Client, payments: Payments) -> None:
    told = {"status": "finalized", "totalAmount": 8}
    key = (await payments_of(api, told))["id"]
    assert (await asked(api, key, amount=5)).body["status"] == "done"
    assert await balances(payments) == {"receivable": 3, "external": -3}
    both = (await payments_of(api, told | {"status": "refunded"}))["id"]
    assert (await payments.row(both))["refunded"] == 8
    assert await balances(payments) == {"receivable": 3, "external": -3}


async def payments_of(api: Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post("/resources/transactions/v1.0", body)
    assert answer.status == 201, answer.body
    return answer.data


async def test_a_fee_is_split_as_it_was_billed(api: Client, payments: Payments) -> None:
    key = await collected(payments, session_id=None, purchase_type="custom_fee")
    await billed(payments, "10.42", "1.98", key=f"transaction:{key}:billed", transaction_id=key)
    await asked(api, key, amount=6.2)
    await made(payments)
    assert await balances(payments) == {
        "revenue": Decimal("5.21"), "tax": Decimal("0.99"), "gateway": Decimal("-6.20"),
    }  # fmt: skip


async def test_ten_hands_give_back_no_more_than_there_is(api: Client, payments: Payments) -> None:
    key = await collected(payments, "10.00")
    answers = await asyncio.gather(*(asked(api, key, amount=3, key=f"k{number % 5}") for number in range(10)))
    assert sorted(one.status for one in answers) == [202] * 6 + [422] * 4
    await made(payments)
    assert (await payments.row(key))["refunded"] == 9


async def test_two_payments_of_a_session_add_up_to_the_cent(payments: Payments) -> None:
    """Thirds of 9.99 at 20 %: each alone would round to 2.78 and 0.55."""
    await billed(payments, "8.33", "1.66")
    keys = [await collected(payments, "3.33") for _ in range(3)]
    for key in keys:
        async with payments.database.begin() as tx:
            row = await transaction(tx, key, lock=True)
            await refund(tx, row, Decimal("3.33"), "k", by_operator=True)
        await made(payments)
    assert await balances(payments) == {}


@pytest.mark.parametrize("seed", [1, 2])
async def test_whoever_gives_back_what_it_never_is_too_much(
    payments: Payments, scripted: ScriptedGateway, seed: int
) -> None:
    """An operator, prices that fall, the provider's console and its refusals, over three payments of one session."""
    chance = random.Random(seed)
    await billed(payments, "25.21", "4.79")
    keys = [await collected(payments, "10.00") for _ in range(3)]
    for number in range(24):
        key, amount = chance.choice(keys), Decimal(chance.randint(1, 400)) / 100
        act = chance.choice(("operator", "console", "refused"))
        if act == "refused":
            scripted.script("refund", Refused("no"))
        async with payments.database.begin() as tx:
            row = await transaction(tx, key, lock=True)
            if act == "console":
                more = min(row["captured"], row["refunded"] + amount)
                told = Outcome(state="captured", captured=row["captured"], refunded=more)
                reference = row["gateway_reference"]
                scripted.payments[reference] = structs.replace(scripted.payments[reference], refunded=more)
                await apply(tx, key, told, EVENT)
            elif amount <= await refundable(tx, row):
                await refund(tx, row, amount, f"k{number}", by_operator=True)
        await made(payments)
        scripted._script.clear()
        rows = [await payments.row(one) for one in keys]
        back = sum((one["refunded"] for one in rows), Decimal(0))
        shown = await balances(payments)
        assert all(one["refunded"] <= one["captured"] for one in rows)
        sold = {kind: shown.get(kind, Decimal(0)) for kind in ("revenue", "tax")}
        assert min(sold.values()) >= 0
        assert (sum(sold.values()), shown.get("gateway", 0), shown.get("receivable")) == (30 - back, back - 30, None)
        assert sold["revenue"] == (
            Decimal("25.21") - (back * Decimal("25.21") / 30).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        )
    await payments.entries()
    assert back > 20


async def test_a_refund_whose_answer_is_lost_is_made_once(
    api: Client, payments: Payments, scripted: ScriptedGateway
) -> None:
    key = await collected(payments)
    scripted.lost("refund")
    await asked(api, key, amount=5)
    await made(payments)
    assert (await asked(api, key, amount=5)).body["status"] == "pending"
    assert (await asked(api, key, amount=7.41, key="k2")).status == 422
    async with payments.database.begin() as tx:
        await tx.run(text("UPDATE gateway_call SET due_at = now() - interval '1 day' WHERE due_at IS NOT NULL"))
    await made(payments)
    assert ((await asked(api, key, amount=5)).body["status"], scripted.count("refund")) == ("done", 1)
    assert (await payments.entries())[f"transaction:{key}:refund:1"] == 5
