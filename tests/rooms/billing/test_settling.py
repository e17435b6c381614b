"""What a session costs is paid: by balance, by card, by a partner's account, by several in turn, and once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.till import GOOD, REFUSED, Till, till
from tests.rooms.booked import standing_still
from tests.rooms.prices import place

DAY = timedelta(days=1).total_seconds() / 60


@pytest.fixture
async def running(dsn: str, tmp_path: Path) -> AsyncIterator[tuple[System, str]]:
    """In the place of the one of all tests."""
    async with standing_still(dsn, tmp_path) as found:
        yield found


@pytest.fixture
async def desk(api: Client, given: Given) -> Till:
    return await till(await place(api, given))


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
