"""The ledger: two sides of one sum, each effect once, entries that stay, and balances that are their sums."""

import asyncio
import itertools
from decimal import Decimal

import pytest
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.rooms.billing.ledger import Account, Entry, balance_of, faults, post

USER, GATEWAY = Account("user_balance", "EUR", 7), Account("gateway", "EUR")
_keys = itertools.count()


def entry(amount: str, key: str | None = None) -> Entry:
    return Entry(key=key or f"test:{next(_keys)}", debit=GATEWAY, credit=USER, amount=Decimal(amount))


async def test_what_one_account_gives_another_gets(system: System) -> None:
    async with system.database.begin() as tx:
        await post(tx, entry("25.00"), entry("0.10"))
        assert (await balance_of(tx, USER), await balance_of(tx, GATEWAY)) == (Decimal("25.10"), Decimal("-25.10"))


async def test_an_effect_is_posted_once(system: System) -> None:
    async with system.database.begin() as tx:
        assert await post(tx, entry("3", "voucher:1")) == {"voucher:1"}
    async with system.database.begin() as tx:
        assert await post(tx, entry("3", "voucher:1"), entry("4", "voucher:2")) == {"voucher:2"}
        assert await balance_of(tx, USER) == 7


async def test_many_at_once_make_one_account_and_lose_nothing(system: System) -> None:
    async def one() -> None:
        async with system.database.begin() as tx:
            await post(tx, entry("0.01"))

    await asyncio.gather(*(one() for _ in range(20)))
    async with system.database.read() as tx:
        assert await balance_of(tx, USER) == Decimal("0.20")
        assert await tx.value(text("SELECT balance FROM ledger_account WHERE kind = 'user_balance'")) == Decimal("0.20")


@pytest.mark.parametrize("change", ["UPDATE ledger_entry SET amount = 1", "DELETE FROM ledger_entry"])
async def test_entries_stay(system: System, change: str) -> None:
    async with system.database.begin() as tx:
        await post(tx, entry("3"))
    with pytest.raises(Exception, match="never changed"):
        async with system.database.begin() as tx:
            await tx.run(text(change))


async def test_no_entry_is_of_two_currencies_or_of_nothing(system: System) -> None:
    async with system.database.begin() as tx:
        for wrong in (
            Entry(key="a", debit=GATEWAY, credit=Account("user_balance", "USD", 7), amount=Decimal(1)),
            entry("0"),
            entry("-1"),
        ):
            with pytest.raises(ValueError, match="no entry"):
                await post(tx, wrong)


async def test_the_check_finds_a_balance_that_is_not_its_sum(system: System) -> None:
    async with system.database.begin() as tx:
        await post(tx, entry("3"))
        assert await faults(tx) == []
        await tx.run(text("UPDATE ledger_account SET balance = 2 WHERE kind = 'user_balance'"))
        assert await faults(tx) == ["account user_balance 7 EUR says 2, its entries 3"]
