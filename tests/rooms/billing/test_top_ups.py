"""Top-ups: a package is bought by card, once, and is on the balance when the card was charged."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, text

from ohmstead.app.system import System
from ohmstead.rooms.billing.balance.spending import spend
from ohmstead.rooms.billing.gateways.gateway import GatewayError, Money, Outcome
from ohmstead.rooms.billing.gateways.outcomes import EVENT, apply
from ohmstead.rooms.billing.ledger import Account, balance_of, faults
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.scripted_gateway import ScriptedGateway


@pytest.fixture
def provider() -> Iterator[ScriptedGateway]:
    with ScriptedGateway().provided() as found:
        yield found


class Buyer:
    """A user with a card, and what a package of 20 euros brings."""

    def __init__(self, given: Given, api: Client, user: int, package: int, card: int) -> None:
        self.system, self.api, self.user, self.package, self.card = given.system, api, user, package, card

    async def buys(self, status: int = 202, **wanted: Any) -> dict[str, Any]:
        body = {"topUpPackageId": self.package} | wanted
        answer = await self.api.post(f"/internal/users/v1.0/{self.user}/top-ups", body)
        assert answer.status == status, answer.body
        return answer.body

    async def balance(self) -> Decimal:
        """It agrees with the ledger."""
        async with self.system.database.read() as tx:
            assert await faults(tx) == []
        return (await self.api.get(f"/resources/users/v1.0/{self.user}")).data["balance"]

    async def told(self, transaction: int, outcome: Outcome) -> None:
        """By the provider."""
        async with self.system.database.begin() as tx:
            await apply(tx, transaction, outcome, EVENT)


@pytest.fixture
async def buyer(given: Given, api: Client, provider: ScriptedGateway) -> Buyer:
    package, user = (await given.top_up_package())["id"], int((await given.user())["id"])
    async with given.system.database.begin() as tx:
        card = {"user_id": user, "gateway": provider.name, "token": "card-1", "kind": "card", "brand": "visa",
                "last4": "4242", "is_default": True, "created_at": tx.now, "updated_at": tx.now}  # fmt: skip
        key = await tx.value(insert(payment_method).values(card).returning(payment_method.c.id))
    return Buyer(given, api, user, package, key)


async def test_what_was_bought_is_on_the_balance_with_its_bonus(buyer: Buyer, system: System) -> None:
    bought = await buyer.buys()
    assert bought["status"] == "finalized"
    assert await buyer.balance() == 23
    (shown,) = (await buyer.api.get(f"/resources/vouchers/v2.1?filter[userId]={buyer.user}")).data
    assert {name: shown[name] for name in ("type", "amount", "remainingAmount", "transactionId")} == {
        "type": "manual_top_up", "amount": 23, "remainingAmount": 23, "transactionId": bought["transactionId"],
    }  # fmt: skip
    (paid,) = (await buyer.api.get("/resources/transactions/v1.0?filter[purchaseType][]=topup_package")).data
    assert (paid["purchaseResourceId"], paid["totalAmount"], paid["status"]) == (buyer.package, 20, "finalized")
    async with system.database.read() as tx:
        assert await balance_of(tx, Account("receivable", "EUR", buyer.user)) == 0
        assert await balance_of(tx, Account("gateway", "EUR")) == -20
        assert await balance_of(tx, Account("top_up", "EUR")) == -3
        told = await tx.all(text("SELECT payload FROM outbox WHERE topic = 'userBalance.changed' ORDER BY id"))
    assert [(row[0]["credit"], row[0]["type"], row[0]["transaction_id"]) for row in told] == [
        (23, "user_top_up", bought["transactionId"])
    ]


async def test_a_card_that_is_declined_brings_nothing(buyer: Buyer, provider: ScriptedGateway) -> None:
    provider.script("authorize", Outcome(state="declined", reference="p", reason="card_declined"))
    assert (await buyer.buys(paymentMethodId=str(buyer.card)))["status"] == "failed"
    assert await buyer.balance() == 0


async def test_an_answer_that_is_lost_brings_it_later_and_once(buyer: Buyer, provider: ScriptedGateway) -> None:
    """The provider's event comes three times; what the package brings was settled when it was bought."""
    provider.script("capture", GatewayError("no answer"))
    bought = await buyer.buys()
    assert (bought["status"], await buyer.balance()) == ("pending", 0)
    await buyer.api.patch(f"/resources/top-up-packages/v2.0/{buyer.package}", {"bonus": 15})
    captured = Outcome(state="captured", authorized=Decimal(20), captured=Decimal(20))
    for _ in range(3):
        await buyer.told(bought["transactionId"], captured)
    assert await buyer.balance() == 23


async def test_a_hold_that_is_told_of_late_is_captured(buyer: Buyer, provider: ScriptedGateway) -> None:
    provider.script("authorize", GatewayError("no answer"))
    bought = await buyer.buys()
    assert bought["status"] == "pending"
    await buyer.told(bought["transactionId"], Outcome(state="authorized", reference="p", authorized=Decimal(20)))
    async with buyer.system.database.read() as tx:
        steps = await tx.all(text("SELECT step, amount FROM gateway_call ORDER BY id"))
    assert [tuple(one) for one in steps] == [("authorize", 20), ("capture", 20)]


async def test_what_the_provider_gave_back_leaves_the_balance(buyer: Buyer, system: System) -> None:
    bought = (await buyer.buys())["transactionId"]
    async with system.database.begin() as tx:
        await spend(tx, buyer.user, Money(Decimal(18), "EUR"), 999, "transaction")
    for refunded in ("5", "5", "20", "5"):
        back = Outcome(state="captured", authorized=Decimal(20), captured=Decimal(20), refunded=Decimal(refunded))
        await buyer.told(bought, back)
    assert await buyer.balance() == -15
    async with system.database.read() as tx:
        assert await balance_of(tx, Account("gateway", "EUR")) == 0
        assert await balance_of(tx, Account("receivable", "EUR", buyer.user)) == 18
        assert await balance_of(tx, Account("revenue", "EUR")) == 0


async def test_two_at_once_are_two(buyer: Buyer) -> None:
    bought = await asyncio.gather(buyer.buys(), buyer.buys())
    assert len({one["transactionId"] for one in bought}) == 2
    assert await buyer.balance() == 46


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"topUpPackageId": 999}, "topUpPackageId"),
        ({"paymentMethodId": "999"}, "paymentMethodId"),
        ({"paymentMethodId": "balance"}, "paymentMethodId"),
        ({"paymentMethodId": "corporate:1"}, "paymentMethodId"),
    ],
)
async def test_what_cannot_be_bought_is_named(buyer: Buyer, wanted: dict[str, Any], field: str) -> None:
    assert (await buyer.buys(422, **wanted))["errors"].keys() == {field}


async def test_what_is_not_for_sale_is_not_sold(buyer: Buyer, given: Given, system: System) -> None:
    off = (await given.top_up_package(enabled=False))["id"]
    small = (await given.top_up_package(price=0.01))["id"]
    for package in (off, small):
        assert (await buyer.buys(422, topUpPackageId=package))["errors"].keys() == {"topUpPackageId"}
    partner = await given.client("*", partner_id=71)
    path = f"/internal/users/v1.0/{buyer.user}/top-ups"
    assert (await partner.post(path, {"topUpPackageId": buyer.package})).status == 404, "not its user"
    await partner.close()
    async with system.database.begin() as tx:
        await settings.put(tx, "features", topUpPackages=False)
    await buyer.buys(405)
