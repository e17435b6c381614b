"""Replacing a plan: who has it gets the other one, and no money moves until the next renewal."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from ohmstead.kit.facts import audit, outbox
from ohmstead.rooms.billing.subscriptions import replacing
from ohmstead.rooms.billing.subscriptions.replacing import Replacements
from ohmstead.rooms.billing.subscriptions.table import subscription
from ohmstead.rooms.tariffs.subscription_plan_table import subscription_plan
from tests.client import Answer
from tests.rooms.billing.subscribers import START, Subscribers, running  # noqa: F401 - the fixture
from tests.rooms.test_circuit_races import waiting
from tests.rooms.test_tariffs import refused
from tests.scenarios.waiting import becomes

PLANS = "/resources/subscription-plans/v2.0"
COMBINED = {"type": "combined", "combined": 100}
FEBRUARY_28 = datetime(2027, 2, 28, 8, tzinfo=UTC)


@pytest.fixture
async def old(subscribers: Subscribers) -> int:
    return int((await subscribers.given.plan(baseFee=9.9, allowance=COMBINED))["id"])


@pytest.fixture
async def new(subscribers: Subscribers) -> int:
    return int((await subscribers.given.plan(baseFee=12, allowance=COMBINED | {"combined": 60}))["id"])


async def replaces(subscribers: Subscribers, old: int, new: int, **fields: Any) -> Answer:
    body = {"planId": new, "reason": "prices rose"} | fields
    return await subscribers.api.post(f"/actions/subscription-plans/v1.0/{old}/replace", body)


async def carried_out(subscribers: Subscribers) -> None:
    """What is due of replacements is done."""
    work = Replacements(subscribers.system.database, subscribers.clock)
    await work.start_due()
    await work.settled()


async def shown(subscribers: Subscribers, plan: int) -> dict[str, Any]:
    return (await subscribers.api.get(f"{PLANS}/{plan}")).data


async def kept(subscribers: Subscribers) -> list[dict[str, Any]]:
    """The subscriptions as they are stored."""
    async with subscribers.system.database.read() as tx:
        return [dict(row) for row in await tx.all(select(subscription).order_by(subscription.c.id))]


async def told(subscribers: Subscribers, topic: str) -> list[dict[str, Any]]:
    """What lies in the outbox of a topic."""
    async with subscribers.system.database.read() as tx:
        return [row["payload"] for row in await tx.all(select(outbox).where(outbox.c.topic == topic))]


async def test_at_once(subscribers: Subscribers, old: int, new: int) -> None:
    user = await subscribers.user(balance=50)
    assert (await subscribers.activates(user, old)).status == 202
    await subscribers.system.outbox.drain()
    answer = await replaces(subscribers, old, new)
    assert (answer.status, answer.body) == (202, None)
    was = await shown(subscribers, old)
    assert (was["status"], was["replacementPlanId"], was["replacedAt"]) == (
        "disabled", new, "2027-01-31T08:00:00+00:00"
    )  # fmt: skip
    await carried_out(subscribers)
    [row] = await kept(subscribers)
    assert (row["plan_id"], row["terms"]["allowance"]["combined"]) == (new, 60)
    assert (row["terms"]["base_fee"], row["ends_at"]) == ("9.9", FEBRUARY_28), "the cycle that runs is paid"
    assert await subscribers.plans(user) == [new]
    assert await subscribers.paid() == [("finalized", "9.90")]
    [fact] = await told(subscribers, "user.subscription.changed")
    assert (fact["id"], fact["plan_id"], fact["status"]) == (row["id"], new, "active")
    assert {one["id"] for one in await told(subscribers, "subscriptionPlan.changed")} == {old}
    await subscribers.until(FEBRUARY_28)
    assert await subscribers.paid() == [("finalized", "9.90"), ("finalized", "12.00")]
    assert [one["plan_id"] for one in await subscribers.cycles()] == [old, new]


async def test_the_reason_is_in_the_audit_log(subscribers: Subscribers, old: int, new: int) -> None:
    assert (await replaces(subscribers, old, new)).status == 202
    async with subscribers.system.database.read() as tx:
        [act] = await tx.all(select(audit).where(audit.c.target.like("%/replace")))
    assert (act["changes"]["reason"], act["changes"]["replacement_plan_id"]) == ("prices rose", new)


async def test_what_names_the_old_one_names_both(subscribers: Subscribers, old: int, new: int) -> None:
    """In their order; what names the new one already, or neither, is left alone."""
    given, api = subscribers.given, subscribers.api
    named = [await given.tariff(restrictions={"applyToUsersWithSubscriptions": ids, "applyToAdHocUsers": True})
             for ids in ([old], [new, old], [new])]  # fmt: skip
    requiring = {"type": "personal", "pin": "1"}
    homes = [await given.charge_point(**requiring, subscription={"required": True, "planIds": ids})
             for ids in ([old], [new, old], [])]  # fmt: skip
    template = await given.made("/internal/charge-point-templates/v1.0", {"name": "t", "subscriptionPlanIds": [old]})
    await subscribers.system.outbox.drain()
    assert (await replaces(subscribers, old, new)).status == 202
    tariffs = [(await api.get(f"/resources/tariffs/v1.0/{one['id']}")).data["restrictions"] for one in named]
    assert [one["applyToUsersWithSubscriptions"] for one in tariffs] == [[old, new], [new, old], [new]]
    assert all(one["applyToAdHocUsers"] for one in tariffs)
    points = [(await api.get(f"/resources/charge-points/v2.0/{one['id']}")).data["subscription"] for one in homes]
    assert [one["planIds"] for one in points] == [[old, new], [new, old], []]
    found = await api.get(f"/internal/charge-point-templates/v1.0/{template['id']}")
    assert found.data["subscriptionPlanIds"] == [old, new]
    assert [one["id"] for one in await told(subscribers, "tariff.changed")] == [named[0]["id"]]
    assert [one["id"] for one in await told(subscribers, "chargePoint.changed")] == [homes[0]["id"]]


async def test_later(subscribers: Subscribers, old: int, new: int) -> None:
    """Until then nothing is different, somebody may still subscribe to the old one, and it can be said anew."""
    other, first = int((await subscribers.given.plan())["id"]), await subscribers.user(balance=50)
    await subscribers.activates(first, old)
    assert (await replaces(subscribers, old, other, replaceAt="2027-02-01T00:00:00Z")).status == 202
    assert (await replaces(subscribers, old, new, replaceAt="2027-02-10T01:00:00+01:00")).status == 202
    was = await shown(subscribers, old)
    assert (was["status"], was["replacementPlanId"], was["replacedAt"]) == ("enabled", new, "2027-02-10T00:00:00+00:00")
    for status in ("disabled", "enabled"):
        assert (await subscribers.api.patch(f"{PLANS}/{old}", {"status": status})).status == 200
    second = await subscribers.user(balance=50)
    await subscribers.clock.advance(timedelta(days=9).total_seconds())
    await carried_out(subscribers)
    assert (await subscribers.activates(second, old)).status == 202
    assert {row["plan_id"] for row in await kept(subscribers)} == {old}
    await subscribers.clock.advance(timedelta(days=1).total_seconds())
    await carried_out(subscribers)
    assert {row["plan_id"] for row in await kept(subscribers)} == {new}
    refused(await subscribers.activates(await subscribers.user(), old), "planId")
    refused(await subscribers.api.patch(f"{PLANS}/{old}", {"status": "enabled"}), "status")
    assert (await subscribers.api.patch(f"{PLANS}/{old}", {"baseFee": 1})).status == 200
    answer = await subscribers.api.delete(f"{PLANS}/{old}")
    assert answer.status == 409, "cycles of the past are of it"


async def test_what_cannot_take_its_place(subscribers: Subscribers, old: int, new: int) -> None:
    async def says(one: int, other: int, **fields: Any) -> str:
        answer = await replaces(subscribers, one, other, **fields)
        refused(answer, "planId")
        return str(answer.body["errors"]["planId"][0])

    disabled = int((await subscribers.given.plan(status="disabled"))["id"])
    assert await says(old, old) == "A plan does not replace itself."
    assert await says(old, disabled) == "The subscription plan is disabled."
    assert "is invalid" in await says(old, 99_999)
    assert (await replaces(subscribers, new, old, replaceAt="2027-03-01T00:00:00Z")).status == 202
    assert await says(old, new) == "The selected plan is to be replaced itself."
    assert (await subscribers.api.delete(f"{PLANS}/{old}")).status == 409, "it is to take another's place"
    third = int((await subscribers.given.plan())["id"])
    assert (await replaces(subscribers, old, third)).status == 202
    assert await says(old, new) == f"The plan was replaced already, by {third}."
    assert (await replaces(subscribers, 99_999, new)).status == 404
    refused(await replaces(subscribers, third, new, reason=""), "reason")


@pytest.mark.parametrize("later", [False, True])
async def test_one_that_leads_to_another_that_is_replaced(
    subscribers: Subscribers, old: int, new: int, later: bool
) -> None:
    """Whoever had the first has the last, whichever was replaced first."""
    user, last = await subscribers.user(balance=50), int((await subscribers.given.plan())["id"])
    tariff = await subscribers.given.tariff(restrictions={"applyToUsersWithSubscriptions": [old]})
    await subscribers.activates(user, old)
    at = {"replaceAt": "2027-02-01T00:00:00Z"} if later else {}
    assert (await replaces(subscribers, old, new, **at)).status == 202
    assert (await replaces(subscribers, new, last)).status == 202
    await carried_out(subscribers)
    await subscribers.clock.advance(timedelta(days=1).total_seconds())
    await carried_out(subscribers)
    assert await subscribers.plans(user) == [last]
    found = (await subscribers.api.get(f"/resources/tariffs/v1.0/{tariff['id']}")).data
    assert found["restrictions"]["applyToUsersWithSubscriptions"] == [old, new, last]


async def test_whoever_has_one_that_is_not_over(subscribers: Subscribers, old: int, new: int) -> None:
    """A canceled one is good for the new plan until its end; what has ended stays as it was."""
    canceled, over = await subscribers.user(balance=50), await subscribers.user(balance=50)
    for user in (canceled, over):
        await subscribers.activates(user, old)
        assert (await subscribers.cancels(user)).status == 202
    async with subscribers.system.database.begin() as tx:
        await tx.run(text(f"UPDATE subscription SET status = 'expired' WHERE user_id = {over}"))
    assert (await replaces(subscribers, old, new)).status == 202
    await carried_out(subscribers)
    assert [(row["status"], row["plan_id"]) for row in await kept(subscribers)] == [("canceled", new), ("expired", old)]
    assert (await subscribers.plans(canceled), await subscribers.plans(over)) == ([new], [])


async def test_who_collects_is_of_the_new_one_from_the_next_cycle_on(subscribers: Subscribers) -> None:
    post_paid = {"type": "post-paid", "baseFee": None}
    internal = int((await subscribers.given.plan(**post_paid))["id"])
    external = int((await subscribers.given.plan(**post_paid, billingType="external"))["id"])
    await subscribers.activates(await subscribers.user(), internal)
    assert (await replaces(subscribers, internal, external)).status == 202
    await carried_out(subscribers)
    assert (await subscribers.only())["shouldUseExternalBilling"] is False
    await subscribers.until(FEBRUARY_28)
    assert (await subscribers.only())["shouldUseExternalBilling"] is True


async def test_who_subscribes_while_it_is_replaced_waits_and_is_refused(
    subscribers: Subscribers, old: int, new: int
) -> None:
    """Or it would have the old plan for ever."""
    user, disabled = await subscribers.user(balance=50), {"status": "disabled"}
    async with subscribers.system.database.begin() as tx:
        await tx.all(replacing._LOCKED, ids=[old, new])
        asked = asyncio.create_task(subscribers.activates(user, old))
        await becomes(lambda: waiting(subscribers.system), lambda count: count == 1)
        await tx.run(update(subscription_plan).where(subscription_plan.c.id == old).values(disabled))
    refused(await asked, "planId")


@pytest.fixture
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Subscribers are moved by two, and the second time fails; how many there were each time."""
    moved, move = list[int](), replacing._move

    async def failing(tx: Any, ids: list[int], new: Any) -> None:
        await move(tx, ids, new)
        moved.append(len(ids))
        if len(moved) == 2:
            raise RuntimeError("the process is killed, say")

    monkeypatch.setattr(replacing, "AT_ONCE", 2)
    monkeypatch.setattr(replacing, "_move", failing)
    return moved


async def test_it_goes_on_where_it_was(
    subscribers: Subscribers, old: int, new: int, two_at_once: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        await subscribers.activates(await subscribers.user(balance=10), old)
    await subscribers.system.outbox.drain()
    assert (await replaces(subscribers, old, new)).status == 202
    await carried_out(subscribers)
    assert [row["plan_id"] for row in await kept(subscribers)] == [new, new, old, old, old]
    await carried_out(subscribers)
    assert len(two_at_once) == 2, "not before a minute has passed"
    await subscribers.clock.advance(replacing.PAUSE.total_seconds())
    await carried_out(subscribers)
    assert two_at_once == [2, 2, 2, 1]
    assert {row["plan_id"] for row in await kept(subscribers)} == {new}
    assert len(await told(subscribers, "user.subscription.changed")) == 5
    assert (await shown(subscribers, old))["replacedAt"] == "2027-01-31T08:00:00+00:00"
    assert await subscribers.paid() == [("finalized", "9.90")] * 5
