"""Post-paid plans: what is charged is left to the subscription, billed at the end of a cycle or at a threshold by one
payment, and the ledger has nothing between items and bills once all is billed."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text, update

from ohmstead.rooms.billing.sessions.settling import settle
from ohmstead.rooms.billing.subscriptions.bills import make_bills
from ohmstead.rooms.charging.session_table import session
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.post_paid import USUAL, Desk
from tests.rooms.billing.test_settling import DAY, shown
from tests.rooms.billing.till import GOOD, REFUSED, till
from tests.rooms.booked import running  # noqa: F401 - the fixture


@pytest.fixture
async def desk(api: Client, given: Given) -> Desk:
    return Desk((await till(api, given)).there)


async def test_sessions_and_the_fee_are_billed_at_the_end_of_the_cycle_by_one_payment(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    card = await desk.card(user)
    key = await desk.subscribed(user)
    await desk.charges(tag, 20)
    await desk.charges(tag, 10, 200)
    assert await shown(desk) == ("pending", "completed", "subscription", f"subscription_installment:{key}")
    assert (await desk.items(), await desk.bills()) == ([("pending", "10.00", False), ("pending", "5.00", False)], [])
    assert (await desk.due(user), await desk.owed()) == (15, {user: 15})
    await desk.cycle_ends(key, USUAL)
    await desk.cycle_ends(key, USUAL)  # told again
    assert await desk.due(user) == 24.9
    await desk.bills_due()
    assert await desk.bills() == [("finalized", "24.90", "24.90")]
    assert await desk.items() == [(("finalized"), amount, True) for amount in ("10.00", "5.00", "9.90")]
    assert await shown(desk) == ("paid", "completed", "subscription", f"subscription_installment:{key}")
    assert (await desk.between(user), await desk.owed(), await desk.due(user)) == (0, {}, 0)
    assert (await desk.balance(user), await desk.revenue()) == (0, Decimal("24.90"))
    paid_by = (await desk.there.api.get("/resources/transactions/v1.0", f"filter[userId]={user}")).body["data"]
    assert {one["paymentMethodId"] for one in paid_by} == {str(card), f"subscription_installment:{key}"}
    await desk.cycle_ends(key, number=1)
    await desk.bills_due()
    assert len(await desk.bills()) == 1, "nothing was charged"
    assert (await desk.state(key))["bill_due_at"] is None


async def test_a_plan_that_is_activated_is_billed_each_month_by_itself(desk: Desk) -> None:
    given, (user, tag) = desk.there.given, await desk.user("auto")
    accumulates = {"postPaidChargingSessionsAccumulation": "personal_commercial", "billingUsageThreshold": 12}
    plan = await given.plan(type="post-paid", baseFee=9.9, **accumulates)
    await desk.card(user)
    key = await given.subscribed(user, plan["id"])
    assert await desk.bills() == [], "nothing is due at its begin"
    await desk.charges(tag, 20)
    await desk.renews()
    assert (await desk.bills(), await desk.due(user)) == ([], 10)
    await desk.days(31)
    await desk.renews()
    assert await desk.bills() == [("finalized", "19.90", "19.90")]
    state = await desk.state(key)
    assert (state["status"], state["cycle"], state["bill_due_at"]) == ("active", 1, None)
    await desk.charges(tag, 24, 31 * DAY)
    await desk.renews()
    assert (await desk.bills())[1:] == [("finalized", "12.00", "12.00")], "at the threshold"
    await desk.charges(tag, 4, 32 * DAY)
    other = await given.plan(type="post-paid", postPaidChargingSessionsAccumulation="personal")
    path = f"/actions/users/v1.0/{user}/cancel-subscription"
    assert (await desk.there.api.post(path, {"reason": "asked for it"})).status == 202
    await given.subscribed(user, other["id"])
    await desk.renews()
    assert (await desk.bills())[2:] == [("finalized", "11.90", "11.90")], "it ends when another begins"
    assert (await desk.state(key))["status"] == "expired"
    assert (await desk.between(user), await desk.owed(), await desk.balance(user)) == (0, {}, 0)
    assert {row["payment_method_id"] for row in await desk.transactions(1)} == {f"subscription_installment:{key}"}


async def test_a_personal_plan_pays_at_charge_points_of_the_user_alone(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user)
    key = await desk.subscribed(user, "personal")
    await desk.charges(tag, 20)
    assert (await shown(desk))[2] == "tokenized"
    await desk.owns_the_place(user)
    await desk.charges(tag, 20, 200)
    assert (await shown(desk, 2))[2:] == ("subscription", f"subscription_installment:{key}")


@pytest.mark.parametrize(
    ("wish", "values", "pays"),
    [
        ("auto", {"accumulation": "none"}, "tokenized"),
        ("auto", {"status": "suspended"}, "tokenized"),
        ("subscription", {}, "subscription"),
        ("named", {}, "subscription"),
        ("card", {}, "tokenized"),
        ("corporate", {}, "corporate"),
        ("balance", {}, "subscription"),
    ],
)
async def test_who_names_a_card_or_an_account_pays_by_it(
    desk: Desk, wish: str, values: dict[str, Any], pays: str
) -> None:
    user, tag = await desk.user("auto")
    card = await desk.card(user)
    account = await desk.there.given.corporate_account(3, user)
    key = await desk.subscribed(user, **values)
    named = {"card": str(card), "corporate": account, "named": f"subscription_installment:{key}"}.get(wish, wish)
    async with desk.system.database.begin() as tx:
        await tx.run(text("UPDATE id_tag SET payment_method_id = :wish").bindparams(wish=named))
    await desk.charges(tag, 20)
    assert (await shown(desk))[2] == pays


async def test_what_was_canceled_pays_until_it_ends(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    key = await desk.subscribed(user, status="canceled")
    await desk.charges(tag, 20)
    assert (await shown(desk))[2] == "subscription"
    await desk.days(31)
    await desk.charges(tag, 20, 45_000)
    assert (await shown(desk, 2))[2] == "balance"
    await desk.there.given.balance(user, 20)
    await desk.cycle_ends(key)
    await desk.bills_due()
    assert (await desk.bills(), await desk.balance(user)) == ([("finalized", "10.00", "10.00")], 0)


async def test_the_amount_follows_the_price_until_it_is_billed_and_then_the_rest_is_the_next_bills(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user)
    key = await desk.subscribed(user)
    await desk.charges(tag, 20)
    await desk.costs(1, "7.00")
    assert await desk.items() == [("pending", "7.00", False)]
    await desk.costs(1, "0.00")
    assert await desk.items() == [("reversed", "0.00", False)]
    assert (await shown(desk))[0] == "paid"
    await desk.costs(1, "9.00")
    await desk.cycle_ends(key)
    await desk.bills_due()
    assert await desk.bills() == [("finalized", "9.00", "9.00")]
    await desk.costs(1, "11.50")
    assert (await desk.items())[1:] == [("finalized", "9.00", True), ("pending", "2.50", False)]
    assert (await shown(desk))[0] == "pending"
    await desk.cycle_ends(key, number=1)
    await desk.bills_due()
    assert await desk.bills() == [("finalized", "9.00", "9.00"), ("finalized", "2.50", "2.50")]
    assert (await desk.between(user), await desk.owed()) == (0, {})


async def test_a_price_that_falls_after_the_bill_comes_back_through_it(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user)
    key = await desk.subscribed(user)
    await desk.charges(tag, 20)
    await desk.charges(tag, 10, 200)
    await desk.cycle_ends(key)
    await desk.bills_due()
    await desk.costs(1, "8.00")
    await desk.bills_due()
    assert await desk.sums() == [("finalized", "10.00", "8.00")]
    assert await desk.bills() == [("finalized", "15.00", "13.00")]
    await desk.costs(1, "0.00")
    await desk.costs(2, "0.00")
    await desk.bills_due()
    assert await desk.bills() == [("refunded", "15.00", "0.00")]
    assert (await desk.between(user), await desk.owed(), await desk.revenue()) == (0, {}, 0)


async def test_each_bill_has_one_receipt_that_names_its_items_and_credit_notes_take_off_them(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user)
    key = await desk.subscribed(user)
    await desk.charges(tag, 20)
    await desk.charges(tag, 10, 200)
    await desk.cycle_ends(key, USUAL)
    await desk.bills_due()
    whole = [("receipt", Decimal("24.90"), [Decimal("10.00"), Decimal("5.00"), Decimal("9.90")])]
    assert await desk.documents() == whole
    await desk.costs(1, "8.00")
    await desk.bills_due()
    assert await desk.documents() == [*whole, ("credit_note", Decimal("-2.00"), [Decimal("-2.00")])]


async def test_an_operator_gives_back_an_item_and_not_its_bill(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user)
    key = await desk.subscribed(user)
    await desk.charges(tag, 20)
    await desk.cycle_ends(key, USUAL)
    item, fee = 1, 2
    path, body = "/internal/transactions/v1.0/{}/refund", {"amount": 4, "reason": "goodwill", "key": "k"}
    assert (await desk.there.api.post(path.format(item), body)).status == 409, "nobody has paid"
    await desk.bills_due()
    assert (await desk.there.api.post(path.format(3), body)).status == 409, "it is the bill"
    for one in (item, fee):
        answer = await desk.there.api.post(path.format(one), body)
        assert (answer.status, answer.body["status"]) == (202, "done")
    await desk.bills_due()
    assert await desk.bills() == [("finalized", "19.90", "11.90")]
    assert (await desk.between(user), await desk.owed(), await desk.revenue()) == (0, {}, Decimal("11.90"))
    again = await desk.there.api.post(path.format(item), body | {"amount": 1, "key": "l"})
    assert again.status == 202
    await desk.bills_due()
    assert await desk.bills() == [("finalized", "19.90", "10.90")]
    assert (await desk.between(user), await desk.owed(), await desk.revenue()) == (0, {}, Decimal("10.90"))


async def test_two_sessions_that_end_at_once_reach_the_threshold_and_there_is_one_bill(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user)
    key = await desk.subscribed(user, threshold="14.00")
    for number in range(2):
        started = await desk.there.starts(number * 200, 0, 1, tag)
        await desk.there.stops(started, number * 200 + 100, 15_000)
    async with desk.system.database.read() as tx:
        ids = [row[0] for row in await tx.all(text("SELECT id FROM session ORDER BY id"))]

    async def settled(one: int) -> None:
        async with desk.system.database.begin() as tx:
            priced = {"amount_with_tax": Decimal(7), "amount_without_tax": Decimal("5.88")}
            priced |= {"billing_status": "completed", "currency": "EUR", "tax_id": 1}
            await tx.run(update(session).where(session.c.id == one).values(priced))
            await settle(tx, one)

    async def billed() -> None:
        async with desk.system.database.begin() as tx:
            await make_bills(tx, key)

    await asyncio.gather(*(settled(one) for one in ids))
    assert (await desk.state(key))["bill_due_at"] is not None
    await asyncio.gather(billed(), billed())
    await desk.bills_due()
    assert await desk.bills() == [("finalized", "14.00", "14.00")]
    assert (await desk.between(user), (await desk.state(key))["bill_due_at"]) == (0, None)


async def test_below_the_threshold_the_end_of_the_cycle_bills_the_rest(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user)
    key = await desk.subscribed(user, threshold="12.00")
    await desk.charges(tag, 20)
    await desk.bills_due()
    assert await desk.bills() == []
    await desk.costs(1, "12.00")
    await desk.bills_due()
    assert await desk.bills() == [("finalized", "12.00", "12.00")]
    await desk.charges(tag, 4, 200)
    await desk.cycle_ends(key)
    await desk.bills_due()
    assert (await desk.bills())[1:] == [("finalized", "2.00", "2.00")]


async def test_a_bill_that_fails_suspends_and_is_tried_again_after_1_3_and_7_days(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user, REFUSED)
    key = await desk.subscribed(user)
    await desk.charges(tag, 20)
    await desk.cycle_ends(key)
    await desk.bills_due()
    state = await desk.state(key)
    assert (state["status"], await desk.items()) == ("suspended", [("pending", "10.00", True)])
    for days in (1, 3, 7):
        failed = len(await desk.bills())
        await desk.days(days - 0.1)
        await desk.bills_due()
        assert len(await desk.bills()) == failed
        await desk.days(0.1)
        await desk.bills_due()
        assert len(await desk.bills()) == failed + 1
    assert {one[0] for one in await desk.bills()} == {"failed"}
    state = await desk.state(key)
    assert (state["status"], state["bill_due_at"], state["due_at"]) == ("expired", None, None)
    assert (await desk.due(user), await desk.owed(), (await shown(desk))[0]) == (10, {user: 10}, "pending")
    await desk.days(30)
    await desk.bills_due()
    assert len(await desk.bills()) == 4


async def test_a_bill_that_failed_and_is_paid_then_makes_it_active_again(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    key = await desk.subscribed(user)
    await desk.charges(tag, 20)
    await desk.cycle_ends(key)
    await desk.bills_due()
    assert (await desk.bills(), (await desk.state(key))["status"]) == ([("failed", "10.00", "0.00")], "suspended")
    await desk.card(user, GOOD)
    await desk.days(1)
    await desk.bills_due()
    assert await desk.bills() == [("failed", "10.00", "0.00"), ("finalized", "10.00", "10.00")]
    state = await desk.state(key)
    assert (state["status"], state["attempts"], state["bill_due_at"]) == ("active", 0, None)
    assert ((await shown(desk))[0], await desk.between(user), await desk.owed()) == ("paid", 0, {})


async def test_less_than_the_provider_takes_is_the_balances_and_it_may_go_below_0(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user)
    key = await desk.subscribed(user)
    await desk.charges(tag, 0.5)
    await desk.cycle_ends(key)
    await desk.bills_due()
    assert (await desk.bills(), await desk.balance(user)) == ([("finalized", "0.25", "0.25")], Decimal("-0.25"))
    assert (await desk.between(user), await desk.owed()) == (0, {})


async def test_another_system_collects_and_says_so(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user)
    key = await desk.subscribed(user, external=True)
    await desk.charges(tag, 20)
    await desk.cycle_ends(key, USUAL)
    await desk.bills_due()
    assert await desk.bills() == [("pending", "19.90", "0.00")]
    path = "/resources/transactions/v1.0"
    bill = (await desk.there.api.get(path, "filter[billingType]=external")).body["data"][0]
    assert (bill["purchaseResourceType"], bill["status"]) == ("subscription_plan", "pending")
    item = await desk.there.api.patch(f"{path}/1", {"status": "finalized", "totalAmount": 10})
    assert item.status == 409, "an item is not collected elsewhere by itself"
    answer = await desk.there.api.patch(f"{path}/{bill['id']}", {"status": "finalized", "totalAmount": 19.9})
    assert answer.status == 200, answer.body
    await desk.bills_due()
    assert {one[0] for one in await desk.items()} == {"finalized"}
    assert ((await shown(desk))[0], await desk.between(user), await desk.owed()) == ("paid", 0, {})
    await desk.costs(1, "6.00")
    await desk.bills_due()
    assert await desk.bills() == [("finalized", "19.90", "19.90")], "it is not ours to give back"


async def test_sessions_of_another_currency_have_a_bill_of_their_own(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    key = await desk.subscribed(user, threshold="11.00")
    await desk.there.given.currency(alphabeticCode="PLN")
    rate = {"base": "EUR", "target": "PLN", "rate": 4}
    await desk.there.given.made("/resources/currency-rates/v1.0", rate)
    await desk.charges(tag, 20)
    async with desk.system.database.begin() as tx:
        await tx.run(text("UPDATE payment_transaction SET currency = 'PLN', amount = 8"))
        await tx.run(text("UPDATE session_payment SET currency = 'PLN', amount = 8, net = 8"))
    assert await desk.due(user) == 2
    await desk.charges(tag, 19, 200)
    assert (await desk.due(user), (await desk.state(key))["bill_due_at"] is not None) == (11.5, True)
    await desk.there.given.balance(user, 11)
    await desk.bills_due()
    assert await desk.bills() == [("finalized", "9.50", "9.50"), ("failed", "8.00", "0.00")], "1.50 is left"
    assert (await desk.state(key))["attempts"] == 1


async def test_prices_bills_and_refunds_at_once_end_with_what_is_due(desk: Desk) -> None:
    """Whoever comes first: nobody waits for each other for ever, and the books agree."""
    user, tag = await desk.user("auto")
    await desk.card(user)
    key = await desk.subscribed(user, threshold="3.00")
    for number in range(4):
        await desk.charges(tag, 4, number * 60)

    async def priced(one: int, amount: str) -> None:
        async with desk.system.database.begin() as tx:
            total = {"amount_with_tax": Decimal(amount), "amount_without_tax": Decimal(amount)}
            await tx.run(update(session).where(session.c.id == one).values(total))
            await settle(tx, one)

    async def billed() -> None:
        async with desk.system.database.begin() as tx:
            await make_bills(tx, key)
        await desk.bills_due()

    for amounts in (("2.50", "1.00", "0.00", "4.00"), ("1.50", "1.70", "3.00", "0.50"), ("2.00",) * 4):
        await asyncio.gather(*(priced(one, amount) for one, amount in enumerate(amounts, 1)), billed())
    await desk.falls_due()
    await desk.cycle_ends(key)
    for _ in range(2):
        await desk.bills_due()
        await desk.falls_due()
    assert sum(Decimal(one[2]) for one in await desk.bills()) == 8
    assert (await desk.between(user), await desk.owed(), await desk.revenue()) == (0, {}, 8)
    assert [(await shown(desk, one))[0] for one in (1, 2, 3, 4)] == ["paid"] * 4
