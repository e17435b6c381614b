"""Two sessions that are paid from one balance in the same moment: it gives what it has once (money.md, E11)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from ohmstead.rooms.billing.balance.voucher_table import voucher
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.till import Till, till
from tests.rooms.booked import running  # noqa: F401 - the fixture

DAY = timedelta(days=1).total_seconds() / 60


@pytest.fixture
async def desk(api: Client, given: Given) -> Till:
    return await till(api, given)


async def left(desk: Till) -> list[Decimal]:
    async with desk.system.database.read() as tx:
        return [row[0] for row in await tx.all(select(voucher.c.remaining_amount).order_by(voucher.c.id))]


async def retried(desk: Till, user: int, amount: float) -> None:
    """Two bills of ten euros that nothing was there for fall due at once, when there is money."""
    await desk.strategy(strategy="minimum_balance")
    for hour in (0, 5):
        await desk.charges(desk.there.card, 20, hour * 60)
    assert [(await desk.bill(key))["status"] for key in (1, 2)] == ["failed", "failed"]
    await desk.there.given.balance(user, amount)
    await desk.there.time(2 * DAY)
    await desk.falls_due()


async def test_what_covers_one_pays_one(desk: Till) -> None:
    user, desk.there.card = await desk.user("auto")
    await retried(desk, user, 12)
    assert sorted([(await desk.bill(key))["status"] for key in (1, 2)]) == ["failed", "paid"]
    assert (await desk.balance(user), await left(desk)) == (2, [2])


async def test_what_covers_both_pays_both(desk: Till) -> None:
    user, desk.there.card = await desk.user("auto")
    await retried(desk, user, 20)
    assert [(await desk.bill(key))["status"] for key in (1, 2)] == ["paid", "paid"]
    assert (await desk.balance(user), await left(desk), await desk.owed()) == (0, [0], {})
