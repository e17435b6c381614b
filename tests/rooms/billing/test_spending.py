"""Spending of balances: what expires first goes first, all moves together, and comes back where it came from."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text, update

from ohmstead.app.system import System
from ohmstead.kit.db import Tx
from ohmstead.rooms.billing.balance.spending import NotExchanged, available, credit, give_back, spend
from ohmstead.rooms.billing.balance.voucher_table import voucher
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.ledger import Account, balance_of, faults
from ohmstead.rooms.people.users import ev_user
from tests.given import Given


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.fixture
async def user(given: Given) -> int:
    await given.currency()
    return int((await given.user())["id"])


async def put_on(system: System, user: int, amount: str, **values: Any) -> int:
    async with system.database.begin() as tx:
        return await credit(tx, user, euros(amount), "api_top_up", **values)


async def left(tx: Tx) -> list[Decimal]:
    return [row[0] for row in await tx.all(select(voucher.c.remaining_amount).order_by(voucher.c.id))]


async def in_order(system: System, user: int) -> Decimal:
    """The balance, after all that has to agree was seen to agree."""
    async with system.database.read() as tx:
        assert await faults(tx) == []
        shown = await tx.value(select(ev_user.c.balance).where(ev_user.c.id == user))
        assert await balance_of(tx, Account("user_balance", "EUR", user)) == shown
        assert sum(await left(tx)) == max(Decimal(0), shown)
        return shown


async def test_what_expires_first_is_spent_first(system: System, user: int) -> None:
    now = system.clock.now()
    lasting = await put_on(system, user, "10")
    later = await put_on(system, user, "10", expires_at=now + timedelta(days=9))
    sooner = await put_on(system, user, "10", expires_at=now + timedelta(days=2))
    async with system.database.begin() as tx:
        assert await spend(tx, user, euros("14.50"), 1, "transaction") == sooner
        assert await left(tx) == [Decimal(10), Decimal("5.5"), Decimal(0)]
        assert await spend(tx, user, euros("14.50"), 1, "transaction") == sooner, "once"
        assert await spend(tx, user, euros("6"), 2, "custom_fee") == later
        assert await spend(tx, user, euros("0"), 3, "transaction") is None
        assert await left(tx) == [Decimal("9.5"), 0, 0]
        entries = text("SELECT voucher_id FROM ledger_entry WHERE transaction_id = 2 ORDER BY key")
        given = [row[0] for row in await tx.all(entries)]
    assert (given, await in_order(system, user)) == ([later, lasting], Decimal("9.5"))


async def test_a_balance_may_go_below_nothing_and_the_next_money_pays_that(system: System, user: int) -> None:
    await put_on(system, user, "5")
    async with system.database.begin() as tx:
        await spend(tx, user, euros("12"), 1, "transaction")
        assert await available(tx, user) == -7
    assert await in_order(system, user) == -7
    await put_on(system, user, "10")
    async with system.database.begin() as tx:
        assert await left(tx) == [0, 3]
    assert await in_order(system, user) == 3


async def test_what_is_past_its_day_is_not_there(system: System, user: int) -> None:
    await put_on(system, user, "4")
    await put_on(system, user, "10", expires_at=system.clock.now())
    async with system.database.begin() as tx:
        assert await available(tx, user) == 4
        assert await available(tx, user, lock=True) == 4, "now it is taken off"
        await spend(tx, user, euros("3"), 1, "transaction")
        assert await balance_of(tx, Account("credit", "EUR")) == -4
    assert await in_order(system, user) == 1


async def test_what_is_given_back_goes_where_it_came_from(system: System, user: int) -> None:
    now = system.clock.now()
    first = await put_on(system, user, "10", expires_at=now + timedelta(days=2))
    await put_on(system, user, "10")
    async with system.database.begin() as tx:
        await spend(tx, user, euros("25"), 1, "transaction")
        await give_back(tx, user, euros("8"), 1, "transaction:1:refund:1")
        await give_back(tx, user, euros("8"), 1, "transaction:1:refund:1")
        assert await left(tx) == [0, 3], "five were owed; what lasts longer is filled first"
        with pytest.raises(ValueError, match="is more"):
            await give_back(tx, user, euros("17.01"), 1, "transaction:1:refund:2")
        await tx.run(update(voucher).where(voucher.c.id == first).values(expires_at=now))
        await give_back(tx, user, euros("17"), 1, "transaction:1:refund:2")
        assert await left(tx) == [0, 10, 10], "what has expired since is made good by a voucher that does not"
        assert await balance_of(tx, Account("receivable", "EUR", user)) == 0
    assert await in_order(system, user) == 20


async def test_another_currency_is_exchanged_and_comes_back_as_it_went(system: System, given: Given, user: int) -> None:
    await put_on(system, user, "50")
    async with system.database.begin() as tx:
        with pytest.raises(NotExchanged):
            await spend(tx, user, Money(Decimal(10), "CHF"), 1, "transaction")
    await given.currency(alphabeticCode="CHF")
    rate = await given.made("/resources/currency-rates/v1.0", {"base": "CHF", "target": "EUR", "rate": 0.935})
    async with system.database.begin() as tx:
        await spend(tx, user, Money(Decimal(9), "CHF"), 1, "transaction")  # 8.415
        assert await available(tx, user) == Decimal("41.58")
        assert await balance_of(tx, Account("receivable", "CHF", user)) == 9
        await tx.run(text(f"UPDATE currency_rate SET rate = 2 WHERE id = {rate['id']}"))
        for n, back in enumerate(("3", "3", "3")):
            await give_back(tx, user, Money(Decimal(back), "CHF"), 1, f"transaction:1:refund:{n}")
        assert await available(tx, user) == 50
        for currency in ("EUR", "CHF"):
            assert await balance_of(tx, Account("exchange", currency)) == 0
    assert await in_order(system, user) == 50


async def test_what_was_bought_is_paid_for_but_for_the_bonus(system: System, user: int) -> None:
    async with system.database.begin() as tx:
        await credit(tx, user, euros("20"), "manual_top_up", bonus=Decimal(3), transaction_id=7)
        assert await balance_of(tx, Account("receivable", "EUR", user)) == -20
        assert await balance_of(tx, Account("top_up", "EUR")) == -3
    assert await in_order(system, user) == 23
    with pytest.raises(ValueError, match="before"):
        async with system.database.begin() as tx:
            await credit(tx, user, euros("20"), "manual_top_up", transaction_id=7)


async def test_two_at_once_spend_each_euro_once(system: System, user: int) -> None:
    """Two sessions that end in the same moment; nobody waits for ever, and no voucher gives twice."""
    for _ in range(4):
        await put_on(system, user, "5")

    async def one(transaction: int) -> None:
        async with system.database.begin() as tx:
            await spend(tx, user, euros("7"), transaction, "transaction")

    await asyncio.gather(*(one(number) for number in range(1, 4)))
    assert await in_order(system, user) == -1
    async with system.database.read() as tx:
        told = await tx.all(text("SELECT payload FROM outbox WHERE topic = 'userBalance.changed' ORDER BY id"))
    assert [row[0]["balance"] for row in told[4:]] == [13, 6, -1]


async def test_there_has_to_be_such_a_user(system: System) -> None:
    async with system.database.begin() as tx:
        with pytest.raises(LookupError):
            await available(tx, 99, lock=True)
