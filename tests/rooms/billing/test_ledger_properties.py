"""What holds of the ledger and of balances whatever happens, in any order and however often."""

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import insert

from ohmstead.app.system import System
from ohmstead.rooms.billing.balance.spending import available, credit, give_back, spend
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.ledger import Account, Entry, balance_of, faults, post, totals
from ohmstead.rooms.people.users import ev_user

few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
cents = some.integers(1, 5000).map(lambda number: Decimal(number) / 100)
_numbers = itertools.count(1)

KINDS: tuple[Any, ...] = ("gateway", "receivable", "revenue", "tax")
sides = some.tuples(some.sampled_from(KINDS), some.sampled_from(KINDS), cents).filter(lambda one: one[0] != one[1])


@few
@given(moves=some.lists(sides, min_size=1, max_size=8), data=some.data())
async def test_entries_in_any_order_and_repeated_come_to_the_same(
    system: System, moves: list[tuple[Any, Any, Decimal]], data: some.DataObject
) -> None:
    """Of two owners: one gets each entry once and in turn, the other five times and shuffled."""
    once, often = next(_numbers), next(_numbers)

    def entries(owner: int) -> list[Entry]:
        accounts = {kind: Account(kind, "EUR", owner) for kind in KINDS}
        return [
            Entry(key=f"{owner}:{n}", debit=accounts[debit], credit=accounts[give], amount=amount)
            for n, (debit, give, amount) in enumerate(moves)
        ]

    shuffled = data.draw(some.permutations(entries(often) * 5))
    async with system.database.begin() as tx:
        await post(tx, *entries(once))
    for begin in range(0, len(shuffled), 7):
        async with system.database.begin() as tx:
            await post(tx, *shuffled[begin : begin + 7])
    async with system.database.read() as tx:
        for kind in KINDS:
            assert await balance_of(tx, Account(kind, "EUR", often)) == await balance_of(tx, Account(kind, "EUR", once))
        assert sum(row["amount"] for row in await totals(tx)) == 0


def euros(amount: Decimal) -> Money:
    return Money(amount, "EUR")


steps = some.one_of(
    some.tuples(some.just("credit"), cents, some.sampled_from([None, -1, 1, 2, 5])),
    some.tuples(some.just("spend"), cents, some.none()),
    some.tuples(some.just("back"), cents, some.integers(0, 3)),
)


@few
@given(plan=some.lists(steps, min_size=2, max_size=10), times=some.integers(1, 5))
async def test_a_balance_is_what_came_less_what_went(
    system: System, plan: list[tuple[str, Decimal, int | None]], times: int
) -> None:
    """At every moment: debits are credits, the account is the balance, and vouchers have what is left of it."""
    user = await new_user(system)
    spent: dict[int, Decimal] = {}
    expected = Decimal(0)
    for number, (what, amount, choice) in enumerate(plan):
        if what == "credit":
            async with system.database.begin() as tx:
                ends = None if choice is None else tx.now + timedelta(days=choice)
                before = await available(tx, user)
                await credit(tx, user, euros(amount), "api_top_up", expires_at=ends)
            owed = min(amount, max(Decimal(0), -before))
            expected += owed if choice == -1 else amount  # what has expired pays what is owed, and no more
        elif what == "spend":
            key = next(_numbers) + 1000
            for _ in range(times):
                async with system.database.begin() as tx:
                    await spend(tx, user, euros(amount), key, "transaction")
            spent[key] = amount
            expected -= amount
        elif spent:
            key = [*spent][(choice or 0) % len(spent)]
            amount = min(amount, spent[key])
            for _ in range(times if amount else 0):
                async with system.database.begin() as tx:
                    await give_back(tx, user, euros(amount), key, f"transaction:{key}:refund:{number}")
            spent[key] -= amount
            expected += amount
        async with system.database.begin() as tx:
            assert await available(tx, user) == await available(tx, user, lock=True) == expected
            assert await faults(tx) == []
            assert sum(row["amount"] for row in await totals(tx)) == 0


async def new_user(system: System) -> int:
    async with system.database.begin() as tx:
        row = {"email": f"p{next(_numbers)}@example.org", "password_hash": "", "created_by": "token:1",
               "created_at": tx.now, "updated_at": tx.now}  # fmt: skip
        return await tx.value(insert(ev_user).values(row).returning(ev_user.c.id))
