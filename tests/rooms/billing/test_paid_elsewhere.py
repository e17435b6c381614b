"""Sessions that are paid outside of the system, and what an operator gives back of sessions that were paid."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from tests.client import Client
from tests.given import Given
from tests.rooms.billing.till import REFUSED, Till, till
from tests.rooms.booked import running  # noqa: F401 - the fixture


@pytest.fixture
async def desk(api: Client, given: Given) -> Till:
    return await till(api, given)


async def unpaid(desk: Till) -> int:
    """A charge of 10.00 whose card is refused; the user."""
    user, tag = await desk.user("1")
    assert await desk.card(user, REFUSED) == 1
    await desk.charges(tag, 20)
    assert await status(desk) == "failed"
    return user


async def told(api: Client, amount: float, status: str = "finalized") -> int:
    """That another system collects for the session."""
    answer = await api.post("/resources/transactions/v1.0", {"sessionId": 1, "status": status, "totalAmount": amount})
    assert answer.status == 201, answer.body
    return answer.data["id"]


async def gives_back(api: Client, key: int, amount: float) -> None:
    body = {"amount": amount, "reason": "broken", "key": f"k{amount}"}
    assert (await api.post(f"/internal/transactions/v1.0/{key}/refund", body)).status == 202


async def status(desk: Till) -> Any:
    return (await desk.there.shown(1))["paymentStatus"]


async def sold(desk: Till) -> Decimal:
    """With tax, by the ledger."""
    query = text("""
SELECT SUM(CASE WHEN entry.credit_id = account.id THEN entry.amount ELSE -entry.amount END)
FROM ledger_account AS account JOIN ledger_entry AS entry ON account.id IN (entry.credit_id, entry.debit_id)
WHERE account.kind IN ('revenue', 'tax')""")
    async with desk.system.database.read() as tx:
        return await tx.value(query)


async def test_the_sum_of_what_was_collected_elsewhere_pays(api: Client, desk: Till) -> None:
    user = await unpaid(desk)
    await told(api, 10, "failed")
    key = await told(api, 6, "pending")
    assert await status(desk) in ("failed", "pending")
    assert (
        await api.patch(f"/resources/transactions/v1.0/{key}", {"status": "finalized", "totalAmount": 6})
    ).status == 200
    assert (await status(desk), await desk.owed()) == ("partially", {user: 4})
    await told(api, 4)
    assert (await status(desk), await desk.owed(), (await desk.bill())["paid"]) == ("paid", {}, 10)


async def test_what_is_held_elsewhere_is_captured_there(api: Client, desk: Till) -> None:
    """As a payment terminal does it: it holds an amount first, and tells at the end what it took of that."""
    _, tag = await desk.user("1")
    started = await desk.there.starts(0, 0, 1, tag)
    key = await told(api, 25, "authorized")
    await desk.there.stops(started, 130, 20_000)
    await desk.pays()
    assert (await status(desk), await desk.sums()) == ("pending", [("authorized", "25.00", "0.00")])
    taken = await api.patch(f"/resources/transactions/v1.0/{key}", {"status": "finalized", "totalAmount": 10})
    assert taken.status == 200, taken.body
    assert (await status(desk), await desk.sums(), await desk.owed()) == ("paid", [("finalized", "10.00", "10.00")], {})


async def test_what_an_operator_gives_back_is_not_asked_for_again(api: Client, desk: Till) -> None:
    user, tag = await desk.user()
    await desk.card(user)
    await desk.charges(tag, 20)
    for amount in (3, 2):
        await gives_back(api, (await desk.transactions())[0]["id"], amount)
        await desk.pays()
    await desk.falls_due()
    assert (await status(desk), await desk.owed(), await sold(desk)) == ("paid", {}, 5)
    assert await desk.sums() == [("finalized", "10.00", "5.00")]
    await gives_back(api, (await desk.transactions())[0]["id"], 5)
    await desk.pays()
    await desk.falls_due()
    assert (await status(desk), await desk.owed(), await sold(desk)) == ("paid", {}, 0)
    assert await desk.sums() == [("refunded", "10.00", "0.00")]


async def test_what_was_collected_too_much_goes_back_and_was_never_sold(api: Client, desk: Till) -> None:
    user = await unpaid(desk)
    key = await told(api, 12.5)
    assert (await status(desk), await desk.owed()) == ("paid", {user: Decimal("-2.50")})
    await gives_back(api, key, 2.5)
    await desk.falls_due()
    assert (await status(desk), await desk.owed(), await sold(desk)) == ("paid", {}, 10)
