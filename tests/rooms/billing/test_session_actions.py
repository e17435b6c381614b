"""What is done by hand about the money of a session: collecting it once more, and giving it up."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.kit.facts import audit
from ohmstead.rooms.billing.sessions.of_users import bills_of
from ohmstead.rooms.operator.contents import OPERATOR
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.till import GOOD, REFUSED, SILENT_CAPTURE, Till, till
from tests.rooms.booked import running  # noqa: F401 - the fixture

WAIVE = "/internal/sessions/v1.0/1/waive"


@pytest.fixture
async def desk(api: Client, given: Given) -> Till:
    return await till(api, given)


async def retry(desk: Till, body: Any = None, key: int = 1) -> Any:
    answer = await desk.there.api.post(f"/actions/session/v1.0/{key}/retry-payment", body)
    await desk.pays()
    return answer


async def status(desk: Till, key: int = 1) -> str:
    return (await desk.there.shown(key))["paymentStatus"]


@pytest.mark.parametrize("as_text", [True, False])
async def test_a_payment_that_failed_is_tried_with_another_card(desk: Till, as_text: bool) -> None:
    user, tag = await desk.user()
    await desk.card(user, REFUSED)
    await desk.charges(tag, 20)
    assert await status(desk) == "failed"
    card = await desk.card(user)
    assert (await retry(desk, {"paymentMethodId": str(card) if as_text else card})).status == 202
    assert await desk.sums() == [("failed", "10.00", "0.00"), ("finalized", "10.00", "10.00")]
    shown = await desk.there.shown(1)
    assert (shown["paymentStatus"], shown["billingStatus"], shown["paymentMethodId"]) == (
        "paid",
        "completed",
        str(card),
    )
    assert (await desk.bill())["due_at"] is None
    answer = await retry(desk)
    assert (answer.status, "must be failed or partially paid" in answer.body["message"]) == (409, True)


async def test_without_a_name_it_is_tried_as_before_and_uses_up_no_retry(desk: Till) -> None:
    user, tag = await desk.user()
    await desk.card(user, REFUSED)
    await desk.charges(tag, 20)
    assert (await retry(desk)).status == 202
    assert [one[0] for one in await desk.sums()] == ["failed", "failed"]
    assert ((await desk.bill())["attempts"], await status(desk)) == (0, "failed")


async def test_what_is_pending_is_not_tried_again(desk: Till) -> None:
    """E10: until the outcome is known."""
    user, tag = await desk.user()
    await desk.card(user, SILENT_CAPTURE)
    await desk.charges(tag, 20)
    assert await status(desk) == "pending"
    answer = await retry(desk)
    assert (answer.status, "must be failed or partially paid" in answer.body["message"]) == (409, True)
    assert len(await desk.transactions()) == 1


async def test_a_means_that_is_not_the_users(desk: Till) -> None:
    user, tag = await desk.user()
    stranger, _ = await desk.user()
    card = await desk.card(stranger)
    await desk.card(user, REFUSED)
    await desk.charges(tag, 20)
    for wrong in (card, 99, "corporate:3", "nonsense"):
        answer = await retry(desk, {"paymentMethodId": wrong})
        assert (answer.status, answer.body["errors"].keys()) == (422, {"paymentMethodId"})
    assert len(await desk.transactions()) == 1


async def test_too_little_for_the_payment_provider(desk: Till) -> None:
    user, tag = await desk.user("1")
    assert await desk.card(user) == 1
    await desk.charges(tag, 0.5)
    assert ((await desk.bill())["reason"], await status(desk)) == ("below_minimum", "failed")
    answer = await retry(desk)
    assert (answer.status, "least" in answer.body["message"]) == (409, True)
    assert (await retry(desk, {"paymentMethodId": "balance"})).status == 202
    assert await status(desk) == "paid"


async def test_sessions_that_are_not_over_or_have_no_price(desk: Till) -> None:
    _, tag = await desk.user()
    await desk.there.starts(0, 0, 1, tag)
    assert "not finalized" in (await retry(desk)).body["message"]
    assert (await retry(desk, key=99)).status == 404


async def test_a_session_of_nobody_is_paid_by_whom_it_is_given_to(desk: Till) -> None:
    await desk.charges("STRANGER", 20)
    bill = await desk.bill()
    assert (bill["reason"], bill["due_at"], await desk.owed()) == ("nobody_to_bill", None, {0: 10})
    user, _ = await desk.user()
    assert (await desk.there.api.post("/actions/session/v1.0/1/assign-user", {"userId": user})).status == 202
    await desk.pays()
    assert await status(desk) == "failed"
    card = await desk.card(user)
    assert (await retry(desk, {"paymentMethodId": card})).status == 202
    assert (await status(desk), await desk.owed()) == ("paid", {})


async def test_what_is_given_up_is_once_by_its_key(desk: Till) -> None:
    user, tag = await desk.user()
    await desk.card(user, REFUSED)
    await desk.charges(tag, 20)
    api, body = desk.there.api, {"amount": 4, "reason": "Goodwill", "key": "a"}
    for _ in range(3):
        answer = await api.post(WAIVE, body)
        assert (answer.status, answer.body) == (
            200, {"amount": 4, "open": 6, "currency": "EUR", "paymentStatus": "failed"},
        )  # fmt: skip
    assert (await api.post(WAIVE, body | {"amount": 5})).status == 409
    answer = await api.post(WAIVE, body | {"amount": 6.01, "key": "b"})
    assert (answer.status, answer.body["errors"].keys()) == (422, {"amount"})
    answer = await api.post(WAIVE, {"reason": "Goodwill", "key": "c"})
    assert (answer.body["amount"], answer.body["paymentStatus"]) == (6, "paid")
    assert (await api.post(WAIVE, {"reason": "Goodwill", "key": "d"})).status == 409
    bill = await desk.bill()
    assert (bill["waived"], bill["paid"], bill["due_at"], await desk.owed()) == (10, 0, None, {})
    async with desk.system.database.read() as tx:
        rows = await tx.all(select(audit).where(audit.c.target.like("%waive%")).order_by(audit.c.id))
    assert rows[0]["changes"] == {"id": 1, "amount": "4.00", "reason": "Goodwill"}


async def test_after_a_price_that_fell_no_more_is_given_up_than_is_left(desk: Till) -> None:
    user, tag = await desk.user()
    await desk.card(user, REFUSED)
    await desk.charges(tag, 20)
    await desk.there.api.post(WAIVE, {"reason": "Goodwill", "key": "a"})
    await desk.costs(1, "4.00")
    bill = await desk.bill()
    assert (bill["waived"], bill["status"], await desk.owed()) == (4, "paid", {})
    await desk.card(user, GOOD, is_default=True)
    await desk.costs(1, "5.00")
    assert (await desk.bill())["paid"] == Decimal(1)


async def test_partners_do_neither(desk: Till, given: Given, api: Client) -> None:
    partner = await given.client("sessions.act", "sessions.read", partner_id=3)
    try:
        for path in ("/actions/session/v1.0/1/retry-payment", WAIVE):
            assert (await partner.post(path, {"reason": "Mine", "key": "a"})).status == 403
    finally:
        await partner.close()


async def test_a_user_who_is_deleted_is_asked_for_nothing_more(desk: Till) -> None:
    user, tag = await desk.user()
    await desk.card(user, REFUSED)
    await desk.charges(tag, 20)
    async with desk.system.database.read() as tx:
        bills = await bills_of(tx, user, OPERATOR)
        assert bills is not None
    assert [one["status"] for one in bills["session-payments"]] == ["failed"]
    assert (await desk.there.api.delete(f"/resources/users/v1.0/{user}")).status == 204
    await desk.pays()
    bill = await desk.bill()
    assert (bill["status"], bill["due_at"], bill["user_id"], await desk.owed()) == ("failed", None, user, {user: 10})


async def test_a_user_whose_payment_is_on_its_way_stays(desk: Till) -> None:
    user, tag = await desk.user()
    await desk.card(user, SILENT_CAPTURE)
    await desk.charges(tag, 20)
    answer = await desk.there.api.delete(f"/resources/users/v1.0/{user}")
    assert (answer.status, "on its way" in answer.body["message"]) == (409, True)
