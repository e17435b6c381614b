"""Subscriptions: who may have one, what it costs at once, and how it ends when nobody renews it."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from ohmstead.rooms.billing.gateways.gateway import Outcome
from ohmstead.rooms.billing.gateways.outcomes import EVENT, apply
from ohmstead.rooms.billing.subscriptions.resource import subscriptions
from ohmstead.rooms.operator import settings
from tests.contract import ResourceContract
from tests.rooms.billing.scripted_gateway import ScriptedGateway
from tests.rooms.billing.subscribers import SUBSCRIPTIONS, Subscribers, running  # noqa: F401 - the fixture

PLANS = "/resources/subscription-plans/v2.0"
FEBRUARY_28 = datetime(2027, 2, 28, 8, tzinfo=UTC)
DECLINED = Outcome(state="declined", reason="card_declined")


class TestSubscriptions(ResourceContract):
    resource = subscriptions


@pytest.fixture
async def plan(subscribers: Subscribers) -> int:
    """9.90 a month, with 20 % of tax in it."""
    await subscribers.given.tax(percentage=20)
    return int((await subscribers.given.plan(baseFee=9.9))["id"])


async def test_a_card_pays_the_first_month(
    subscribers: Subscribers,
    plan: int,
    scripted: ScriptedGateway,
) -> None:
    user = await subscribers.with_card()
    assert (await subscribers.activates(user, plan)).status == 202
    assert await subscribers.only() == {
        "id": 1, "planId": plan, "userId": user, "startDate": "2027-01-31T08:00:00+00:00",
        "endDate": "2027-02-28T08:00:00+00:00", "status": "active", "statusDate": "2027-01-31T08:00:00+00:00",
        "remainingFreeRenewalPeriods": None, "shouldUseExternalBilling": False,
        "lastUpdatedAt": "2027-01-31T08:00:00+00:00",
    } | {name: value for name, value in (await subscribers.only()).items() if name == "remainingAllowance"}  # fmt: skip
    assert (await subscribers.api.get(f"{SUBSCRIPTIONS}/1")).data == await subscribers.only()
    [paid] = (await subscribers.api.get("/resources/transactions/v1.0")).data
    shown = {name: paid[name] for name in ("status", "totalAmount", "purchaseResourceType", "purchaseResourceId")}
    assert shown == {
        "status": "finalized",
        "totalAmount": 9.9,
        "purchaseResourceType": "subscription_plan",
        "purchaseResourceId": plan,
    }
    assert [step for step, _ in scripted.calls] == ["authorize", "capture"]
    assert await subscribers.accounts() == {
        "gateway": Decimal("-9.90"),
        "revenue": Decimal("8.25"),
        "tax": Decimal("1.65"),
    }
    assert (await subscribers.api.get(f"/resources/users/v1.0/{user}")).data["subscriptionId"] == 1
    assert await subscribers.plans(user) == [plan]


async def test_a_balance_pays_where_there_is_no_card(subscribers: Subscribers, plan: int) -> None:
    user = await subscribers.user(balance=10)
    assert (await subscribers.activates(user, plan)).status == 202
    assert (await subscribers.status(), await subscribers.paid()) == ("active", [("finalized", "9.90")])
    assert (await subscribers.api.get(f"/resources/users/v1.0/{user}")).data["balance"] == 0.1


async def test_what_is_less_than_a_card_takes_comes_off_the_balance(
    subscribers: Subscribers,
    scripted: ScriptedGateway,
) -> None:
    user, plan = await subscribers.with_card(), int((await subscribers.given.plan(baseFee=0.4))["id"])
    assert (await subscribers.activates(user, plan)).status == 202
    assert (await subscribers.paid(), scripted.calls) == ([("finalized", "0.40")], [])
    assert (await subscribers.api.get(f"/resources/users/v1.0/{user}")).data["balance"] == -0.4


async def test_what_nobody_pays_does_not_begin(
    subscribers: Subscribers,
    plan: int,
    scripted: ScriptedGateway,
) -> None:
    poor, refused = await subscribers.user(balance=9.89), await subscribers.with_card()
    scripted.script("authorize", DECLINED)
    for user, why in ((poor, "User has insufficient balance."), (refused, "Your card was declined.")):
        answer = await subscribers.activates(user, plan)
        assert (answer.status, answer.body["message"]) == (400, why)
        assert await subscribers.plans(user) == []
    assert (await subscribers.api.get(SUBSCRIPTIONS)).data == []
    assert (await subscribers.accounts()).get("revenue") is None
    assert (await subscribers.activates(refused, plan)).status == 202, "by the next try"


@pytest.mark.parametrize(("found", "status", "left"), [
    (Outcome(state="authorized", reference="p1", authorized=Decimal("9.90")), "active", True),
    (Outcome(state="declined", reference="p1", reason="card_declined"), None, False),
    (Outcome(state="voided", reference="p1"), None, False),
])  # fmt: skip
async def test_it_is_pending_until_the_bank_answers(
    subscribers: Subscribers,
    plan: int,
    scripted: ScriptedGateway,
    found: Outcome,
    status: str | None,
    left: bool,
) -> None:
    user = await subscribers.with_card()
    scripted.script("authorize", Outcome(state="pending", reference="p1"))
    assert (await subscribers.activates(user, plan)).status == 202
    assert (await subscribers.status(), await subscribers.plans(user)) == ("pending", [])
    answer = await subscribers.cancels(user)
    assert (answer.status, await subscribers.status()) == (400, "pending"), "its money is on its way"
    scripted.payments["p1"] = found
    for _ in range(2):
        async with subscribers.system.database.begin() as tx:
            await apply(tx, 1, found, EVENT)
    await subscribers.works()
    shown = (await subscribers.api.get(SUBSCRIPTIONS)).data
    assert [one["status"] for one in shown] == ([status] if status else [])
    assert await subscribers.plans(user) == ([plan] if left else [])


async def test_one_at_a_time(subscribers: Subscribers, plan: int) -> None:
    user, other = await subscribers.user(balance=50), int((await subscribers.given.plan(baseFee=5))["id"])
    answers = await asyncio.gather(*(subscribers.activates(user, one) for one in (plan, other, plan)))
    assert sorted(one.status for one in answers) == [202, 400, 400]
    assert len(await subscribers.paid()) == 1
    refused = await subscribers.activates(user, other)
    assert (refused.status, refused.body["message"]) == (400, "The user has a subscription already: 1 is active.")


async def test_a_canceled_one_gives_way(subscribers: Subscribers, plan: int) -> None:
    user, other = await subscribers.user(balance=50), int((await subscribers.given.plan(baseFee=5))["id"])
    await subscribers.activates(user, plan)
    assert (await subscribers.cancels(user)).status == 202
    assert (await subscribers.activates(user, other)).status == 202
    shown = (await subscribers.api.get(SUBSCRIPTIONS)).data
    assert {one["planId"]: one["status"] for one in shown} == {plan: "expired", other: "active"}
    assert await subscribers.plans(user) == [other]


async def test_a_canceled_one_stays_until_another_is_paid(
    subscribers: Subscribers, plan: int, scripted: ScriptedGateway
) -> None:
    user = await subscribers.with_card()
    await subscribers.activates(user, plan)
    await subscribers.cancels(user)
    scripted.script("authorize", DECLINED)
    assert (await subscribers.activates(user, plan)).status == 400
    assert (await subscribers.status(), await subscribers.plans(user)) == ("canceled", [plan])


async def test_what_was_given_up_and_is_paid_after_all_is_good_until_its_end(
    subscribers: Subscribers, plan: int, scripted: ScriptedGateway
) -> None:
    user = await subscribers.with_card()
    scripted.script("authorize", Outcome(state="declined", reference="p1", reason="card_declined"))
    assert (await subscribers.activates(user, plan)).status == 400
    async with subscribers.system.database.begin() as tx:
        await apply(tx, 1, Outcome(state="captured", reference="p1", captured=Decimal("9.90")), EVENT)
    assert (await subscribers.status(), await subscribers.plans(user)) == ("canceled", [plan])
    await subscribers.until(FEBRUARY_28)
    assert (await subscribers.status(), await subscribers.paid()) == ("expired", [("finalized", "9.90")])


async def test_a_canceled_one_is_good_until_its_end(subscribers: Subscribers, plan: int) -> None:
    user = await subscribers.user(balance=50)
    assert (await subscribers.cancels(user)).status == 400, "there is none"
    await subscribers.activates(user, plan)
    assert (await subscribers.cancels(user)).status == 202
    assert (await subscribers.status(), await subscribers.plans(user)) == ("canceled", [plan])
    assert (await subscribers.cancels(user)).status == 400, "it is canceled"
    await subscribers.until(FEBRUARY_28)
    assert (await subscribers.status(), await subscribers.plans(user)) == ("expired", [])
    assert await subscribers.paid() == [("finalized", "9.90")], "and nothing is paid back"
    assert (await subscribers.api.get(f"/resources/users/v1.0/{user}")).data["subscriptionId"] is None


@pytest.mark.parametrize(("said", "end", "then"), [
    ({}, "2027-02-28T08:00:00+00:00", "2027-03-31T07:00:00+00:00"),
    ({"autoRenewal": False}, "2027-02-28T08:00:00+00:00", None),
    ({"endDate": "2027-02-14"}, "2027-02-14T23:00:00+00:00", None),
    ({"endDate": "2027-02-14", "autoRenewal": True}, "2027-02-14T23:00:00+00:00", "2027-03-14T23:00:00+00:00"),
    ({"endDate": None, "autoRenewal": True}, "2027-02-28T08:00:00+00:00", "2027-03-31T07:00:00+00:00"),
])  # fmt: skip
async def test_its_end(
    subscribers: Subscribers,
    plan: int,
    said: dict[str, Any],
    end: str,
    then: str | None,
) -> None:
    """The end of a day is that of the operator's zone, and what renews after it does so at that hour."""
    await subscribers.activates(await subscribers.user(balance=50), plan, **said)
    assert (await subscribers.only())["endDate"] == end
    await subscribers.until(datetime.fromisoformat(end))
    found = await subscribers.only()
    assert (found["status"], found["endDate"]) == (("active", then) if then else ("expired", end))


async def test_what_cannot_be_activated_is_refused_by_name(subscribers: Subscribers, plan: int) -> None:
    user = await subscribers.user(balance=50)
    disabled = int((await subscribers.given.plan(status="disabled", baseFee=0))["id"])
    for body, field in (
        ({"planId": 99}, "planId"), ({"planId": disabled}, "planId"), ({"endDate": "2027-01-30"}, "endDate"),
        ({"endDate": "soon"}, "endDate"), ({"autoRenewal": "x"}, "autoRenewal"),
    ):  # fmt: skip
        answer = await subscribers.activates(user, plan, **body)
        assert (answer.status, [*answer.body["errors"]]) == (422, [field]), body
    async with subscribers.system.database.begin() as tx:
        await settings.put(tx, "features", subscriptions=False)
    assert (await subscribers.activates(user, plan)).status == 422
    assert (await subscribers.activates(99, plan)).status == 404
    assert await subscribers.paid() == []


async def test_a_fee_that_is_given_back_was_not_sold(
    subscribers: Subscribers, plan: int, scripted: ScriptedGateway
) -> None:
    user = await subscribers.with_card()
    await subscribers.activates(user, plan)
    back = {"reason": "sorry", "key": "k", "amount": 9.9}
    assert (await subscribers.api.post("/internal/transactions/v1.0/1/refund", back)).status == 202
    await subscribers.works()
    assert (await subscribers.accounts(), await subscribers.plans(user)) == ({}, [plan]), "cancel it beside"


async def test_a_plan_that_somebody_has_stays(subscribers: Subscribers, plan: int) -> None:
    await subscribers.activates(await subscribers.user(balance=50), plan)
    assert (await subscribers.api.delete(f"{PLANS}/{plan}")).status == 409


async def test_a_partner_sees_those_of_its_users(subscribers: Subscribers, plan: int) -> None:
    partner = await subscribers.given.client("*", partner_id=71)
    person = {"email": "a@b.example", "password": "correct horse"}
    its = int((await partner.post("/resources/users/v1.0", person)).data["id"])
    other = await subscribers.user(balance=50)
    await subscribers.given.balance(its, 50)
    assert (await subscribers.activates(other, plan)).status == 202
    assert (await partner.post(f"/actions/users/v1.0/{its}/activate-subscription", {"planId": plan})).status == 202
    assert [one["userId"] for one in (await partner.get(SUBSCRIPTIONS)).data] == [its]
    assert (await partner.get(f"{SUBSCRIPTIONS}/1")).status == 404
    cancel = {"reason": "x"}
    assert (await partner.post(f"/actions/users/v1.0/{other}/cancel-subscription", cancel)).status == 404
    await partner.close()


async def test_they_are_found_by_what_they_are(subscribers: Subscribers, plan: int) -> None:
    other, user = (
        int((await subscribers.given.plan(renewalCycle="annually", baseFee=0))["id"]),
        await subscribers.user(balance=50),
    )
    await subscribers.activates(user, plan)
    await subscribers.activates(await subscribers.user(), other)
    await subscribers.cancels(user)
    for query, found in (
        (f"filter[planId]={other}", [2]), ("filter[status]=canceled", [1]), ("filter[status]=suspended", []),
        ("filter[endDateTo]=2027-03-01T00:00:00Z", [1]), ("filter[endDateFrom]=2027-03-01T00:00:00Z", [2]),
        ("filter[billedExternally]=true", []), ("filter[billedExternally]=false", [1, 2]),
    ):  # fmt: skip
        shown = (await subscribers.api.get(SUBSCRIPTIONS, query)).data
        assert sorted(one["id"] for one in shown) == found, query
    async with subscribers.system.database.read() as tx:
        acts = await tx.all(text("SELECT changes->>'reason' AS why FROM audit WHERE target LIKE '%subscription'"))
    assert sorted(row["why"] for row in acts) == ["Activated via API", "Activated via API", "moved away"]


async def test_a_post_paid_one_is_a_means_of_payment_that_nobody_stores(subscribers: Subscribers) -> None:
    name = [{"locale": "de", "translation": "Zuhause"}, {"locale": "en", "translation": "Home"}]
    kind = {"type": "post-paid", "postPaidChargingSessionsAccumulation": "personal"}
    plan = int((await subscribers.given.plan(name=name, baseFee=4, **kind))["id"])
    user = await subscribers.user()
    await subscribers.activates(user, plan)
    path = f"/resources/users/v1.0/{user}/payment-methods"
    mine = {one["id"]: one for one in (await subscribers.api.get(path)).data}["subscription_installment:1"]
    assert (mine["type"], mine["name"], mine["default"]) == ("subscription", "Home", False)
    path += "/subscription_installment:1"
    assert (await subscribers.api.get(path)).data == mine
    assert (await subscribers.api.patch(path, {"default": True})).status == 422
    assert (await subscribers.api.delete(path)).status == 422
    await subscribers.cancels(user)
    await subscribers.until(FEBRUARY_28)
    assert (await subscribers.api.get(path)).status == 404, "it has ended"
