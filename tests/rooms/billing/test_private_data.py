"""Payments of a user: in the archive of all that is held, and without the person once the user is deleted."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.rooms.billing.transactions.states import open_transaction
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.payments import Payments
from tests.rooms.billing.scripted_gateway import ScriptedGateway
from tests.rooms.test_erasure import PERSON, TRACES, found
from tests.rooms.test_private_data import export_of, fetched

USERS = "/resources/users/v1.0"
CARD = {"type": "visa", "last4": "9424", "expMonth": "08", "expYear": "2031", "token": "tok_person"}
FROM = {"purchase_type": "session", "currency": "EUR", "amount": Decimal(5)}


@pytest.fixture
async def person(given: Given) -> dict[str, Any]:
    """Somebody whom all texts of a payment name."""
    user = await given.user(**PERSON)
    await given.balance(int(user["id"]), 50)
    named = "For Georgius Ohmatsch"
    act = f"/actions/users/v1.0/{user['id']}/apply-custom-fee"
    assert (await given.api.post(act, {"amount": 3, "description": named})).status == 202
    await given.subscribed(int(user["id"]), (await given.plan(baseFee=0))["id"], reason=named)
    back = "/internal/transactions/v1.0/1/refund"
    assert (await given.api.post(back, {"reason": named, "key": "k", "amount": 1})).status == 202
    async with given.system.database.begin() as tx:
        texts = dict.fromkeys(("ref", "bank_message", "failure_reason", "description"), named)
        await open_transaction(tx, status="failed", user_id=int(user["id"]), card=CARD, **texts, **FROM)
        await open_transaction(tx, status="failed", user_id=int((await given.user())["id"]), card=CARD, **FROM)
    return user


async def test_the_archive_has_what_was_paid(api: Client, person: dict[str, Any]) -> None:
    _, archive = await fetched((await api.get(export_of(person))).body["downloadUrl"])
    paid = archive["transactions.json"]
    assert [(one["purchaseResourceType"], one["userEmail"]) for one in paid] == [
        ("custom_fee", PERSON["email"]), ("session", PERSON["email"])
    ]  # fmt: skip
    assert [one["bankMessage"] for one in archive["custom-fees.json"]] == ["For Georgius Ohmatsch"]
    assert [(one["userId"], one["status"]) for one in archive["subscriptions.json"]] == [(int(person["id"]), "active")]
    assert [(one["transaction_id"], one["amount"], one["reason"]) for one in archive["refunds.json"]] == [
        (1, 1, "For Georgius Ohmatsch")
    ]


async def test_accounts_stay_of_a_person_without_a_name(api: Client, system: System, person: dict[str, Any]) -> None:
    before = (await api.get("/resources/transactions/v1.0")).data
    assert (await api.delete(f"{USERS}/{person['id']}")).status == 204
    assert {one for one in await found(system, TRACES) if not one.startswith(("outbox", "audit"))} == set()
    after = (await api.get("/resources/transactions/v1.0")).data
    kept = ("id", "userId", "totalAmount", "status", "currency", "finalizedAt")
    assert [[one[name] for name in kept] for one in after] == [[one[name] for name in kept] for one in before]
    assert ["userEmail" in one for one in after] == [False, False, True]
    assert [one.get("cardDetails") for one in after] == [None, {"type": "visa"}, CARD]


@pytest.mark.parametrize(
    ("status", "billing_type", "wanted"),
    [("pending", "internal", 409), ("authorized", "internal", 409), ("failed", "internal", 204),
     ("pending", "external", 204)],
)  # fmt: skip
async def test_nobody_is_deleted_whose_money_is_on_its_way(
    api: Client, given: Given, status: str, billing_type: str, wanted: int
) -> None:
    user = int((await given.user())["id"])
    async with given.system.database.begin() as tx:
        await open_transaction(tx, status=status, billing_type=billing_type, user_id=user, **FROM)
    assert (await api.delete(f"{USERS}/{user}")).status == wanted


async def test_nor_whose_money_is_coming_back(api: Client, given: Given) -> None:
    await given.currency()
    user = int((await given.user())["id"])
    with ScriptedGateway().provided():
        payments = Payments(given.system.database)
        key = await payments.held(user_id=user)
        await payments.call(key, "capture", "12.40")
        await api.post(f"/internal/transactions/v1.0/{key}/refund", {"reason": "r", "key": "k"})
        assert (await api.delete(f"{USERS}/{user}")).status == 409
        async with given.system.database.begin() as tx:
            await tx.run(text("UPDATE gateway_call SET due_at = NULL"))
        assert (await api.delete(f"{USERS}/{user}")).status == 204


async def test_a_subscription_ends_with_its_user(api: Client, system: System, person: dict[str, Any]) -> None:
    assert (await api.delete(f"{USERS}/{person['id']}")).status == 204
    [left] = (await api.get("/resources/subscriptions/v1.0")).data
    assert (left["status"], left["userId"]) == ("expired", int(person["id"]))
    async with system.database.read() as tx:
        assert await tx.value(text("SELECT due_at FROM subscription")) is None
        facts = text(
            "SELECT payload->>'action' AS act FROM outbox WHERE topic = 'user.changed' ORDER BY id DESC LIMIT 1"
        )
        assert await tx.value(facts) == "deleted"
    await system.outbox.drain()
    async with system.database.read() as tx:
        acts = text("SELECT changes FROM audit WHERE target LIKE '%activate-subscription'")
        assert "reason" not in await tx.value(acts)
