"""What a session costs is paid: by balance, by card, by a partner's account, by several in turn, and once."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text, update

from ohmstead.rooms.billing.gateways.calls import carry_out
from ohmstead.rooms.billing.sessions.running_limits import RunningLimits
from ohmstead.rooms.billing.sessions.settling import Settling, settle
from ohmstead.rooms.charging.control import OrderedStops
from ohmstead.rooms.charging.pricing.final import price_ended
from ohmstead.rooms.charging.session_table import session
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.till import GOOD, REFUSED, Till, till
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.charges import Gateway

DAY = timedelta(days=1).total_seconds() / 60


@pytest.fixture
async def desk(api: Client, given: Given) -> Till:
    return await till(api, given)


async def shown(desk: Till, key: int = 1) -> tuple[Any, ...]:
    found = await desk.there.shown(key)
    return tuple(found.get(name) for name in ("paymentStatus", "billingStatus", "paymentType", "paymentMethodId"))


async def test_a_balance_pays_at_once_and_below_0(desk: Till) -> None:
    user, tag = await desk.user("balance")
    await desk.charges(tag, 20)
    assert await shown(desk) == ("paid", "completed", "balance", "balance")
    assert await desk.sums() == [("finalized", "10.00", "10.00")]
    assert (await desk.balance(user), await desk.owed()) == (-10, {})
    bill = await desk.bill()
    assert (bill["status"], bill["reason"], bill["paid"], bill["net"]) == ("paid", None, 10, Decimal("8.40"))


async def test_a_card_pays_and_is_asked_once(desk: Till) -> None:
    user, tag = await desk.user()
    card = await desk.card(user)
    await desk.charges(tag, 20)
    assert await shown(desk) == ("paid", "completed", "tokenized", str(card))
    assert await desk.sums() == [("finalized", "10.00", "10.00")]
    assert (await desk.balance(user), await desk.owed()) == (0, {})


async def test_nothing_to_pay_is_paid(desk: Till) -> None:
    _, tag = await desk.user()
    await desk.charges(tag, 0)
    assert await shown(desk) == ("paid", "completed", "balance", None)
    assert await desk.transactions() == []


async def test_a_refused_card_leaves_it_to_the_next_means(desk: Till) -> None:
    user, tag = await desk.user("auto")
    good, _ = await desk.card(user, GOOD), await desk.card(user, REFUSED, is_default=True)
    await desk.charges(tag, 20)
    assert await desk.sums() == [("failed", "10.00", "0.00"), ("finalized", "10.00", "10.00")]
    assert await shown(desk) == ("paid", "completed", "tokenized", str(good))


async def test_an_account_of_a_partner_pays_less_its_discount_as_far_as_its_month_goes(desk: Till) -> None:
    user, tag = await desk.user("auto")
    account = await desk.there.given.corporate_account(3, user, discount=15, monthlyLimit=12)
    await desk.charges(tag, 20.2)
    assert await shown(desk) == ("paid", "completed", "corporate", account)
    assert await desk.sums() == [("finalized", "8.58", "8.58")]
    bill = await desk.bill()
    assert (bill["amount"], bill["discount"], bill["paid"]) == (Decimal("10.10"), Decimal("1.52"), Decimal("8.58"))
    await desk.there.given.balance(user, 6)
    await desk.charges(tag, 10, 200)
    assert await shown(desk, 2) == ("paid", "completed", "balance", "balance"), "the limit is reached"
    assert (await desk.balance(user), await desk.owed()) == (1, {})
    await desk.charges(tag, 4, 31 * DAY)
    assert (await shown(desk, 3))[2] == "corporate", "it is another month"


async def test_of_several_means_a_balance_pays_all_or_nothing(desk: Till) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user, REFUSED)
    await desk.there.given.balance(user, 4)
    await desk.charges(tag, 10)
    assert await shown(desk) == ("failed", "suspended", "tokenized", "auto")
    assert ((await desk.bill())["reason"], await desk.balance(user)) == ("declined", 4)
    await desk.there.given.balance(user, 1)
    await desk.charges(tag, 10, 100)
    assert await shown(desk, 2) == ("paid", "completed", "balance", "balance")


async def test_what_failed_is_tried_again_after_1_3_and_7_days(desk: Till) -> None:
    user, tag = await desk.user()
    await desk.card(user, REFUSED)
    await desk.charges(tag, 10)
    tried = []
    for day in range(1, 14):
        await desk.there.time(day * DAY + 120)
        await desk.falls_due()
        tried.append(len(await desk.transactions()))
    assert tried == [2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4]
    assert await shown(desk) == ("failed", "completed", "tokenized", None)
    bill = await desk.bill()
    assert (bill["attempts"], bill["due_at"], await desk.owed()) == (3, None, {user: 5})


async def test_of_another_currency_the_balance_pays_by_the_rate(desk: Till) -> None:
    await desk.there.given.currency(alphabeticCode="SEK")
    tariff = await desk.there.tariff(pricePerKwh=5)
    async with desk.system.database.begin() as tx:
        await tx.run(text("UPDATE tariff SET currency = 'SEK' WHERE id = :key").bindparams(key=tariff["id"]))
    await desk.there.charges_by(tariff)
    user, tag = await desk.user("balance")
    await desk.charges(tag, 20)
    assert await shown(desk) == ("failed", "suspended", "balance", "balance")
    assert ((await desk.bill())["reason"], await desk.owed()) == ("no_exchange_rate", {user: 100})
    rate = {"base": "SEK", "target": "EUR", "rate": 0.09}
    await desk.there.given.made("/resources/currency-rates/v1.0", rate)
    await desk.there.time(DAY + 200)
    await desk.falls_due()
    assert await shown(desk) == ("paid", "completed", "balance", "balance")
    assert (await desk.sums(), await desk.balance(user)) == ([("finalized", "100.00", "100.00")], -9)
    assert ((await desk.bill())["currency"], await desk.owed()) == ("SEK", {})


@pytest.mark.parametrize("wish", ["balance", "auto"])
async def test_a_price_that_changes_after_it_was_paid(desk: Till, wish: str) -> None:
    user, tag = await desk.user(wish)
    await desk.card(user)
    await desk.charges(tag, 20)
    await desk.costs(1, "12.50")
    await desk.costs(1, "11.00")
    assert [sums[2] for sums in await desk.sums()] == ["10.00", "1.00"]
    await desk.costs(1, "4.00")
    await desk.falls_due()
    assert [sums[2] for sums in await desk.sums()] == ["4.00", "0.00"]
    assert (await shown(desk))[0] == "paid"
    bill = await desk.bill()
    assert (bill["revision"], bill["paid"], bill["net"], await desk.owed()) == (4, 4, Decimal("3.36"), {})
    assert await desk.balance(user) == (-4 if wish == "balance" else 0)


async def test_a_price_that_falls_while_a_bank_has_yet_to_give_back(desk: Till) -> None:
    """Of two payments: of the newer one a part, then the rest, and then something of the older one."""
    user, tag = await desk.user("auto")
    await desk.card(user)
    await desk.charges(tag, 20)
    await desk.costs(1, "20.00")
    for price in ("19.00", "7.00"):
        await desk.told(1, price)
    await desk.pays()
    await desk.falls_due()
    assert [sums[2] for sums in await desk.sums()] == ["7.00", "0.00"]
    assert ((await desk.bill())["paid"], await desk.owed()) == (7, {})


async def test_one_price_told_many_times_at_once_is_paid_once(desk: Till) -> None:
    user, tag = await desk.user()
    await desk.card(user)
    await desk.charges(tag, 20)

    async def again() -> None:
        async with desk.system.database.begin() as tx:
            await settle(tx, 1)

    await asyncio.gather(*(again() for _ in range(8)))
    await desk.pays()
    assert await desk.sums() == [("finalized", "10.00", "10.00")]
    assert (await desk.bill())["revision"] == 1


async def test_two_sessions_on_one_balance_at_once(desk: Till) -> None:
    """10.00 is there, each costs 7.50: of means in turn it pays one of them."""
    user, tag = await desk.user("auto", sessionsAllowed=2)
    await desk.card(user, REFUSED)
    for minutes in (0, 100):
        started = await desk.there.starts(minutes, 0, 1, tag)
        await desk.there.stops(started, minutes + 95, 15_000)
    await desk.pays()
    await desk.there.given.balance(user, 10)

    async def again(key: int) -> None:
        async with desk.system.database.begin() as tx:
            await settle(tx, key)

    await asyncio.gather(again(1), again(2))
    await desk.pays()
    assert sorted([(await shown(desk, key))[0] for key in (1, 2)]) == ["failed", "paid"]
    assert (await desk.balance(user), await desk.owed()) == (Decimal("2.50"), {user: Decimal("7.50")})


async def test_what_an_operator_gives_back_is_not_asked_for_again(desk: Till, api: Client) -> None:
    user, tag = await desk.user()
    await desk.card(user)
    await desk.charges(tag, 20)
    body = {"amount": 3, "reason": "A cable was broken", "key": "a"}
    assert (await api.post("/internal/transactions/v1.0/1/refund", body)).status == 202
    await desk.pays()
    assert await desk.sums() == [("finalized", "10.00", "7.00")]
    bill = await desk.bill()
    assert (bill["status"], bill["amount"], bill["waived"], await desk.owed()) == ("paid", 10, 3, {})


async def test_what_is_paid_outside_is_not_collected(desk: Till, api: Client) -> None:
    user, tag = await desk.user()
    await desk.card(user, REFUSED)
    await desk.charges(tag, 20)
    paid = {"sessionId": 1, "userId": user, "totalAmount": 10, "currencyCode": "EUR", "status": "finalized"}
    answer = await api.post("/resources/transactions/v1.0", paid | {"ref": "till 7"})
    assert answer.status == 201, answer.body
    await desk.pays()
    assert (await shown(desk))[:2] == ("paid", "completed")
    assert await desk.owed() == {}


async def test_a_charge_ends_with_the_balance_where_the_strategy_says_so(desk: Till, gateway: Gateway) -> None:
    user, tag = await desk.user("balance", sessionsAllowed=2)
    await desk.there.given.balance(user, 5)
    started = await desk.there.starts(0, 0, 1, tag)
    await desk.there.settled()
    await desk.there.reads(started, (60, 10_000))
    await desk.there.running.price()
    limits = RunningLimits(desk.system.database, desk.system.clock)
    assert await limits.look() == 0
    await desk.strategy(strategy="minimum_balance")
    assert await limits.look() == 1
    assert await limits.look() == 0
    work = OrderedStops(desk.system.database, desk.system.clock)
    await work.start_due()
    await work.settled()
    await desk.there.stops(started, 66, 11_000)
    await desk.pays()
    assert (await desk.there.shown(1))["reason"] == "balance_exceeded"
    assert ((await shown(desk))[0], await desk.balance(user)) == ("paid", Decimal("-0.50"))


async def test_prices_outcomes_and_due_work_at_once_end_as_one_after_the_other(desk: Till) -> None:
    """The same price told again and again, while its calls are made and what is due is done; then a lower one, and a
    higher one, likewise."""
    user, tag = await desk.user("auto", sessionsAllowed=9)
    await desk.card(user)
    for number in range(4):
        started = await desk.there.starts(number * 100, 0, 1, tag)
        await desk.there.stops(started, number * 100 + 95, 15_000)
    await desk.there.settled()

    async def told(key: int) -> None:
        async with desk.system.database.begin() as tx:
            await settle(tx, key)

    async def called() -> None:
        await asyncio.gather(*(carry_out(desk.system.database, key) for key in await desk.calls()))

    work = Settling(desk.system.database, desk.system.clock)
    for price in ("7.50", "3.00", "9.25"):
        async with desk.system.database.begin() as tx:
            await tx.run(update(session).values(amount_with_tax=Decimal(price), amount_without_tax=Decimal(price)))
        for _ in range(3):
            await asyncio.gather(*(told(key) for key in (1, 2, 3, 4) * 2), called(), work.start_due())
            await work.settled()
    await desk.pays()
    await desk.falls_due()
    for key in (1, 2, 3, 4):
        bill = await desk.bill(key)
        assert (bill["status"], bill["paid"], bill["amount"]) == ("paid", Decimal("9.25"), Decimal("9.25"))
    assert await desk.owed() == {}


async def test_pricing_anew_does_not_undo_that_retries_are_left(desk: Till) -> None:
    user, tag = await desk.user()
    await desk.card(user, REFUSED)
    await desk.charges(tag, 20)
    due = (await desk.bill())["due_at"]
    async with desk.system.database.begin() as tx:
        assert await price_ended(tx, [1], again=True) == [1]
    await desk.pays()
    found = await desk.there.shown(1, "withPriceBreakdown")
    assert (found["billingStatus"], [one["totalPrice"] for one in found["priceBreakdown"]]) == ("suspended", [10])
    bill = await desk.bill()
    assert (bill["due_at"], bill["revision"], len(await desk.transactions())) == (due, 1, 1)
