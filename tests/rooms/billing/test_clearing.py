"""What a subscription accumulated is given up, for good; and the subscription as a means of payment."""

from typing import Any

import pytest

from tests.client import Answer, Client
from tests.given import Given
from tests.rooms.billing.post_paid import USUAL, Desk
from tests.rooms.billing.test_settling import shown
from tests.rooms.billing.till import REFUSED, SILENT_HOLD, till
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.charges import Gateway


@pytest.fixture
async def desk(api: Client, given: Given) -> Desk:
    return Desk((await till(api, given)).there)


async def cleared(desk: Desk, user: int) -> Answer:
    answer = await desk.there.api.post(f"/actions/users/v1.0/{user}/clear-subscription-amount-due")
    await desk.pays()
    return answer


async def transactions(desk: Desk, user: int) -> list[tuple[str, float]]:
    answer = await desk.there.api.get("/resources/transactions/v1.0", f"filter[userId]={user}")
    return [(one["status"], one["totalAmount"]) for one in answer.body["data"]]


async def test_what_is_accumulated_is_given_up_whatever_became_of_its_bill(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user, REFUSED)
    key = await desk.subscribed(user)
    await desk.charges(tag, 20)
    await desk.cycle_ends(key, USUAL)
    await desk.bills_due()
    await desk.charges(tag, 10, 200)  # suspended, it does not accumulate
    assert (await shown(desk, 2))[:3] == ("failed", "suspended", "tokenized")
    assert (await desk.state(key))["status"] == "suspended"
    assert (await cleared(desk, user)).status == 202
    assert await desk.items() == [("reversed", "0.00", False)] * 2
    state = await desk.state(key)
    assert (state["status"], state["attempts"], state["bill_due_at"]) == ("active", 0, None)
    assert ((await shown(desk))[0], await desk.due(user), await desk.between(user)) == ("paid", 0, 0)
    assert await desk.owed() == {user: 5}, "what the subscription did not pay is owed still"
    assert sorted(await transactions(desk, user)) == [
        ("failed", 5), ("failed", 19.9), ("reversed", 0), ("reversed", 0),
    ]  # fmt: skip
    await desk.bills_due()
    assert len(await desk.bills()) == 1
    await desk.costs(1, "12.00")
    assert (await desk.items())[2:] == [("pending", "2.00", False)], "what it costs more now"
    assert (await cleared(desk, user)).status == 202
    assert (await desk.between(user), await desk.owed()) == (0, {user: 5})


async def test_what_is_collected_elsewhere_is_given_up_with_its_bill(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    key = await desk.subscribed(user, external=True)
    await desk.charges(tag, 20)
    await desk.cycle_ends(key)
    await desk.bills_due()
    assert (await cleared(desk, user)).status == 202
    assert (await desk.bills(), await desk.items()) == ([("reversed", "0.00", "0.00")], [("reversed", "0.00", False)])
    await desk.bills_due()
    assert ((await desk.state(key))["status"], await desk.owed()) == ("active", {})


async def test_money_that_is_on_its_way_arrives_first(desk: Desk) -> None:
    user, tag = await desk.user("auto")
    await desk.card(user, SILENT_HOLD)
    key = await desk.subscribed(user)
    await desk.charges(tag, 20)
    await desk.cycle_ends(key)
    await desk.bills_due()
    assert (await desk.bills())[0][0] == "pending"
    assert (await cleared(desk, user)).status == 400
    assert await desk.items() == [("pending", "10.00", True)]
    assert (await desk.there.api.delete(f"/resources/users/v1.0/{user}")).status == 409


async def test_who_has_no_subscription_is_told(desk: Desk) -> None:
    user, _ = await desk.user("auto")
    assert (await cleared(desk, user)).status == 400
    assert (await cleared(desk, 99)).status == 404
    await desk.subscribed(user)
    assert (await cleared(desk, user)).status == 202, "there is nothing to clear"


async def test_it_is_among_the_means_and_nobody_makes_it_the_default_or_deletes_it(desk: Desk) -> None:
    api, (user, _) = desk.there.api, await desk.user("auto")
    path = f"/resources/users/v1.0/{user}/payment-methods"
    assert [one["type"] for one in (await api.get(path)).data] == ["balance"]
    key = await desk.subscribed(user)
    method = {"id": f"subscription_installment:{key}", "userId": user, "type": "subscription", "name": "Home",
              "default": False}  # fmt: skip
    assert (await api.get(path)).data[1] == method
    assert (await api.get(f"{path}/{method['id']}")).data == method
    assert (await api.patch(f"{path}/{method['id']}", {"default": True})).status == 422
    assert (await api.delete(f"{path}/{method['id']}")).status == 422
    assert (await api.get(f"{path}/subscription_installment:{key + 1}")).status == 404


@pytest.mark.parametrize("wish", [None, "auto", "subscription", "named"])
async def test_who_has_a_subscription_needs_nothing_else_to_start(
    desk: Desk, gateway: Gateway, wish: str | None
) -> None:
    user, tag = await desk.user("auto")
    await desk.strategy(strategy="payment_method")
    assert (await desk.there.here.presents(tag)).status == "no_credit"
    key = await desk.subscribed(user, "personal")
    assert (await desk.there.here.presents(tag)).status == "no_credit", "the charge point is not the user's"
    await desk.owns_the_place(user)
    if wish == "auto":
        assert (await desk.there.here.presents(tag)).status == "accepted"
        return
    await desk.there.here.status("available")
    named: dict[str, Any] = {} if wish is None else {"paymentMethodId": wish}
    if wish == "named":
        stranger, _ = await desk.user()
        other = await desk.subscribed(stranger)
        assert await _start(desk, user, paymentMethodId=f"subscription_installment:{other}") == (
            "CANNOT_USE_PAYMENT_METHOD"
        )
        named = {"paymentMethodId": f"subscription_installment:{key}"}
    assert await _start(desk, user, **named) is None


async def _start(desk: Desk, user: int, **named: Any) -> str | None:
    path = f"/actions/evse/v1.0/{desk.there.here.evses[0]}/start"
    answer = await desk.there.api.post(path, {"userId": user} | named)
    assert answer.status == 202, answer.body
    return answer.body.get("errorCode")


async def test_who_has_not_paid_a_bill_may_not_start(desk: Desk, gateway: Gateway) -> None:
    user, tag = await desk.user("auto")
    await desk.strategy(strategy="payment_method")
    card = await desk.card(user, REFUSED)
    key = await desk.subscribed(user)
    await desk.charges(tag, 20)
    await desk.cycle_ends(key)
    await desk.there.here.status("available")
    assert (await desk.there.here.presents(tag)).status == "accepted"
    await desk.bills_due()
    assert (await desk.there.here.presents(tag)).status == "no_credit"
    assert await _start(desk, user, paymentMethodId=str(card)) == "PREVIOUS_SESSION_NOT_PAID"


async def test_what_failed_may_be_left_to_the_subscription(desk: Desk) -> None:
    user, tag = await desk.user()
    await desk.card(user, REFUSED)
    key = await desk.subscribed(user, status="suspended")
    await desk.charges(tag, 20)
    path = "/actions/session/v1.0/1/retry-payment"
    named = {"paymentMethodId": f"subscription_installment:{key}"}
    assert (await desk.there.api.post(path, named)).status == 422
    await desk.becomes(key, status="active")
    assert (await desk.there.api.post(path, named)).status == 202
    assert await desk.sums() == [("failed", "10.00", "0.00"), ("pending", "10.00", "0.00")]
    assert (await shown(desk))[2:] == ("subscription", named["paymentMethodId"])
