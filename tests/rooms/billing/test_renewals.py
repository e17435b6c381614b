"""Renewals: E14 of the money rules, and that each cycle is paid once, however late and by however many it is looked
at."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from ohmstead.rooms.billing.gateways.gateway import GatewayError, Outcome
from ohmstead.rooms.billing.subscriptions.renewing import Renewals
from tests.rooms.billing.scripted_gateway import ScriptedGateway
from tests.rooms.billing.subscribers import START, SUBSCRIPTIONS, Subscribers, running  # noqa: F401 - the fixture

PLANS = "/resources/subscription-plans/v2.0"
E14 = [
    "2027-01-31 08:00", "2027-02-28 08:00", "2027-03-31 07:00", "2027-04-30 07:00", "2027-05-31 07:00",
    "2027-06-30 07:00", "2027-07-31 07:00", "2027-08-31 07:00", "2027-09-30 07:00", "2027-10-31 08:00",
    "2027-11-30 08:00", "2027-12-31 08:00",
]  # fmt: skip
DAY = timedelta(days=1)
DECLINED = Outcome(state="declined", reason="card_declined")


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.fixture
async def plan(subscribers: Subscribers) -> int:
    """9.90 a month."""
    return int((await subscribers.given.plan(baseFee=9.9))["id"])


async def begins(subscribers: Subscribers) -> list[str]:
    return [f"{one['starts_at']:%Y-%m-%d %H:%M}" for one in await subscribers.cycles()]


async def test_e14(subscribers: Subscribers, plan: int, scripted: ScriptedGateway) -> None:
    """From the 31st on, a year; two days around 31 March and 31 October the server is off."""
    await subscribers.activates(await subscribers.with_card(), plan)
    for moment in (at(one) for one in E14[1:]):
        off = {3: at("2027-04-01 12:00"), 10: at("2027-11-01 12:00")}.get(moment.month, moment)
        await subscribers.until(moment - timedelta(seconds=1) if off == moment else moment - DAY / 2)
        before = len(await subscribers.cycles())
        await subscribers.until(off)
        assert len(await subscribers.cycles()) == before + 1, moment
    assert await begins(subscribers) == E14
    assert await subscribers.paid() == [("finalized", "9.90")] * 12
    assert len(scripted.done) == 24, "each is held once and taken once"
    assert (await subscribers.only())["endDate"] == "2028-01-31T08:00:00+00:00"
    assert (await subscribers.accounts())["gateway"] == Decimal("-118.80")


async def test_a_leap_day(subscribers: Subscribers) -> None:
    await subscribers.until(at("2028-02-29 08:00"))
    yearly = int((await subscribers.given.plan(baseFee=90, renewalCycle="annually"))["id"])
    await subscribers.activates(await subscribers.user(balance=500), yearly)
    await subscribers.until(at("2032-03-01 08:00"))
    assert [one[:10] for one in await begins(subscribers)] == [
        "2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"
    ]  # fmt: skip
    assert await subscribers.paid() == [("finalized", "90.00")] * 5, "four years are made up for, one after the other"


async def test_two_who_look_at_once_renew_once(
    subscribers: Subscribers,
    plan: int,
    scripted: ScriptedGateway,
) -> None:
    await subscribers.activates(await subscribers.with_card(), plan)
    await subscribers.clock.advance((at(E14[1]) - START).total_seconds())
    workers = [Renewals(subscribers.system.database, subscribers.clock) for _ in range(3)]
    await asyncio.gather(*(one.start_due() for one in workers))
    await asyncio.gather(*(one.settled() for one in workers))
    await subscribers.works()
    assert await subscribers.paid() == [("finalized", "9.90")] * 2
    assert [one["number"] for one in await subscribers.cycles()] == [0, 1]


async def test_canceling_while_it_renews(subscribers: Subscribers, plan: int) -> None:
    """Whoever comes first; nobody waits for the other for ever."""
    users = [await subscribers.user(balance=50) for _ in range(4)]
    await asyncio.gather(*(subscribers.activates(one, plan) for one in users))
    await subscribers.clock.advance((at(E14[1]) - START).total_seconds())
    work = Renewals(subscribers.system.database, subscribers.clock)
    answers = await asyncio.gather(*(subscribers.cancels(one) for one in users), work.start_due())
    await work.settled()
    assert [one.status for one in answers[:-1] if one is not None] == [202] * 4
    await subscribers.works()
    for user in users:
        [found] = [one for one in (await subscribers.api.get(SUBSCRIPTIONS)).data if one["userId"] == user]
        paid = len([one for one in await subscribers.cycles() if one["subscription_id"] == found["id"]])
        assert (found["status"], paid) in (("canceled", 2), ("expired", 1))
    assert {status for status, _ in await subscribers.paid()} == {"finalized"}


@pytest.mark.parametrize("call", ["authorize", "capture"])
async def test_an_answer_that_is_lost_is_no_second_charge(
    subscribers: Subscribers,
    plan: int,
    scripted: ScriptedGateway,
    call: str,
) -> None:
    """As when the process is killed between the charge and its write."""
    user = await subscribers.with_card()
    await subscribers.activates(user, plan)
    scripted.lost(call)
    await subscribers.until(at(E14[1]))
    assert (await subscribers.status(), await subscribers.plans(user)) == ("active", [plan]), "it is on its way"
    assert await subscribers.paid() == [("finalized", "9.90"), ("pending", "9.90")]
    await subscribers.until(at(E14[1]) + timedelta(minutes=1))
    assert (await subscribers.status(), await subscribers.paid()) == ("active", [("finalized", "9.90")] * 2)
    assert len(scripted.done) == 4


async def test_a_gateway_that_is_away_suspends_nobody(
    subscribers: Subscribers,
    plan: int,
    scripted: ScriptedGateway,
) -> None:
    await subscribers.activates(await subscribers.with_card(), plan)
    scripted.script("authorize", *[GatewayError("away")] * 2)
    await subscribers.until(at(E14[1]))
    assert await subscribers.status() == "active"
    await subscribers.until(at(E14[1]) + DAY)
    await subscribers.until(at(E14[1]) + 2 * DAY)
    assert (await subscribers.status(), await subscribers.paid()) == ("active", [("finalized", "9.90")] * 2)


async def test_a_declined_card_suspends_and_is_tried_three_times_more(
    subscribers: Subscribers,
    plan: int,
    scripted: ScriptedGateway,
) -> None:
    user = await subscribers.with_card()
    await subscribers.activates(user, plan)
    scripted.script("authorize", *[DECLINED] * 4)
    seen, moment = list[tuple[str, str, int]](), at(E14[1])
    for hours in (0, 23, 1, 71, 1, 167, 1, 24 * 40):
        moment += timedelta(hours=hours)
        await subscribers.until(moment)
        seen.append((f"{moment:%m-%d %H}", await subscribers.status(), len(await subscribers.paid()) - 1))
        assert await subscribers.plans(user) == []
    assert seen == [
        ("02-28 08", "suspended", 1), ("03-01 07", "suspended", 1), ("03-01 08", "suspended", 2),
        ("03-04 07", "suspended", 2), ("03-04 08", "suspended", 3), ("03-11 07", "suspended", 3),
        ("03-11 08", "expired", 4), ("04-20 08", "expired", 4),
    ]  # fmt: skip
    assert (await subscribers.api.get(f"/resources/users/v1.0/{user}")).data["subscriptionId"] is None
    assert (await subscribers.activates(user, plan)).status == 202


async def test_one_that_is_paid_late_keeps_its_borders(
    subscribers: Subscribers,
    plan: int,
    scripted: ScriptedGateway,
) -> None:
    user = await subscribers.with_card()
    await subscribers.activates(user, plan)
    scripted.script("authorize", *[DECLINED] * 2)
    await subscribers.until(at(E14[1]))
    assert (await subscribers.status(), await subscribers.plans(user)) == ("suspended", [])
    for days in (1, 4):
        await subscribers.until(at(E14[1]) + days * DAY)
    assert (await subscribers.status(), await subscribers.plans(user)) == ("active", [plan])
    assert (await subscribers.only())["endDate"] == "2027-03-31T07:00:00+00:00"
    await subscribers.until(at(E14[2]))
    assert await begins(subscribers) == E14[:3]
    assert [one for one, _ in await subscribers.paid()] == ["finalized", "failed", "failed", "finalized", "finalized"]
    async with subscribers.system.database.read() as tx:
        assert await tx.value(text("SELECT attempts FROM subscription")) == 0, "and the next failure has all its tries"


async def test_a_suspended_one_that_is_canceled_is_over(
    subscribers: Subscribers,
    plan: int,
    scripted: ScriptedGateway,
) -> None:
    user = await subscribers.with_card()
    await subscribers.activates(user, plan)
    scripted.script("authorize", DECLINED)
    await subscribers.until(at(E14[1]))
    assert (await subscribers.cancels(user)).status == 202
    await subscribers.until(at(E14[3]))
    assert (await subscribers.status(), len(await subscribers.paid())) == ("expired", 2)


async def test_one_that_was_canceled_before_its_renewal_failed_is_over(
    subscribers: Subscribers,
    plan: int,
    scripted: ScriptedGateway,
) -> None:
    user = await subscribers.with_card()
    await subscribers.activates(user, plan)
    scripted.script("authorize", GatewayError("away"), DECLINED)
    await subscribers.until(at(E14[1]))
    assert (await subscribers.cancels(user)).status == 202
    await subscribers.until(at(E14[1]) + DAY)
    assert (await subscribers.status(), await subscribers.plans(user)) == ("expired", [])


async def test_an_empty_balance_suspends(subscribers: Subscribers, plan: int) -> None:
    user = await subscribers.user(balance=12)
    await subscribers.activates(user, plan)
    await subscribers.until(at(E14[1]))
    assert await subscribers.status() == "suspended"
    await subscribers.given.balance(user, 10)
    await subscribers.until(at(E14[1]) + DAY)
    assert (await subscribers.status(), await subscribers.plans(user)) == ("active", [plan])


async def test_free_periods_come_first(subscribers: Subscribers) -> None:
    free = int((await subscribers.given.plan(baseFee=9.9, freeRenewalPeriods=2))["id"])
    assert (await subscribers.activates(await subscribers.user(balance=9.9), free)).status == 202
    left = [(await subscribers.only())["remainingFreeRenewalPeriods"]]
    for moment in E14[1:4]:
        await subscribers.until(at(moment))
        left.append((await subscribers.only())["remainingFreeRenewalPeriods"])
    assert left == [1, 0, 0, 0]
    assert [one["fee"] for one in await subscribers.cycles()] == [0, 0, Decimal("9.9"), Decimal("9.9")]
    assert await subscribers.paid() == [("finalized", "9.90"), ("failed", "9.90")]


async def test_what_is_changed_in_a_plan_holds_from_the_next_renewal(subscribers: Subscribers, plan: int) -> None:
    await subscribers.activates(await subscribers.user(balance=500), plan)
    assert (await subscribers.api.patch(f"{PLANS}/{plan}", {"baseFee": 12})).status == 200
    await subscribers.until(at(E14[1]))
    await subscribers.api.patch(f"{PLANS}/{plan}", {"baseFee": 120, "renewalCycle": "annually"})
    assert (await subscribers.only())["endDate"] == "2027-03-31T07:00:00+00:00"
    await subscribers.until(at(E14[2]))
    assert await subscribers.paid() == [("finalized", each) for each in ("9.90", "12.00", "120.00")]
    assert (await subscribers.only())["endDate"] == "2028-03-31T07:00:00+00:00"


async def test_fees_by_the_charge_points_that_the_user_owns_then(subscribers: Subscribers) -> None:
    given = subscribers.given
    plan = int((await given.plan(baseFee=3, baseFeeAppliesPerEachHomeCharger=True))["id"])
    answer = await subscribers.api.patch(f"{PLANS}/{plan}", {"feePerEachPersonalChargePoint": 0.5})
    assert answer.status == 200, answer.body
    other, user = int((await given.plan())["id"]), await subscribers.user(balance=50)
    own = {"type": "personal", "pin": "1234", "user": {"id": user}}
    assert (await subscribers.activates(user, plan)).status == 202
    for needed in ([plan], [other]):
        await given.charge_point(**own, subscription={"required": True, "planIds": needed})
    gone = await given.charge_point(**own, subscription={"required": False, "planIds": []})
    await subscribers.until(at(E14[1]))
    await subscribers.api.delete(f"/resources/charge-points/v2.0/{gone['id']}")
    await subscribers.until(at(E14[2]))
    assert [one["fee"] for one in await subscribers.cycles()] == [0, Decimal("9.5"), Decimal("6.5")]


async def test_money_that_goes_back_brings_no_subscription_back(subscribers: Subscribers, plan: int) -> None:
    """Of one that gave way to another, with days left of what was paid for."""
    user = await subscribers.user(balance=50)
    await subscribers.activates(user, plan)
    await subscribers.cancels(user)
    other = int((await subscribers.given.plan(baseFee=5))["id"])
    await subscribers.activates(user, other)
    first = (await subscribers.api.get("/resources/transactions/v1.0")).data[0]["id"]
    body = {"amount": 1, "reason": "kind", "key": "k"}
    answer = await subscribers.api.post(f"/internal/transactions/v1.0/{first}/refund", body)
    assert answer.status == 202, answer.body
    found = (await subscribers.api.get(SUBSCRIPTIONS)).data
    assert [one["status"] for one in found] == ["expired", "active"]
    assert await subscribers.plans(user) == [other]


async def test_a_reference_that_is_written_down_is_no_further_failure(subscribers: Subscribers, plan: int) -> None:
    await subscribers.activates(await subscribers.user(balance=10), plan)
    await subscribers.until(at(E14[1]))
    failed = (await subscribers.api.get("/resources/transactions/v1.0")).data[-1]["id"]
    for _ in range(4):
        path = f"/actions/transactions/v1.0/{failed}/update-payment-reference"
        assert (await subscribers.api.post(path, {"ref": "a note"})).status == 202
    assert await subscribers.status() == "suspended"
    await subscribers.until(at(E14[1]) + DAY)
    assert len(await subscribers.paid()) == 3, "it was tried again after a day"
