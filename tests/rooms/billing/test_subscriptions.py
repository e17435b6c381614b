"""Subscriptions: activated, renewed by the anchor, suspended and tried again, canceled and ended."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.gateways.worker import GatewayCalls
from ohmstead.rooms.billing.ledger import faults
from ohmstead.rooms.billing.subscriptions.renewing import Renewals
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.given import Given
from tests.rooms.booked import running  # noqa: F401 - the fixture

DAY = timedelta(days=1)
GOOD, REFUSED = "4242424242424242", "4000000000000341"


class Calendar:
    """Somebody's subscription, and the server's work about it."""

    def __init__(self, given: Given, api: Client, user: int) -> None:
        self.given, self.api, self.user = given, api, user

    @property
    def system(self) -> System:
        return self.given.system

    async def becomes(self, moment: datetime) -> None:
        clock = self.system.clock
        assert isinstance(clock, ManualClock)
        await clock.advance((moment - clock.now()).total_seconds())

    async def works(self) -> None:
        """What is due, and the calls of it."""
        for _ in range(20):
            await self.system.outbox.drain()
            renewals, calls = (kind(self.system.database, self.system.clock) for kind in (Renewals, GatewayCalls))
            await renewals.start_due()
            busy = bool(renewals._running)
            await renewals.settled()
            await calls.look()
            await calls.settled()
            if not busy and not await self.rows("SELECT id FROM gateway_call WHERE due_at <= :now"):
                return
        raise AssertionError("it does not come to an end")

    async def at(self, moment: datetime) -> dict[str, Any]:
        await self.becomes(moment)
        await self.works()
        return await self.shown()

    async def shown(self) -> dict[str, Any]:
        """The newest subscription, as the API shows it."""
        return (await self.api.get("/resources/subscriptions/v1.0")).data[-1]

    async def rows(self, query: str) -> list[Row]:
        async with self.system.database.read() as tx:
            return await tx.all(text(query), **({"now": tx.now} if ":now" in query else {}))

    async def payments(self) -> list[tuple[str, Decimal]]:
        """Of what was bought, in turn: what became of it, and how much."""
        found = await self.rows("SELECT status, captured FROM payment_transaction ORDER BY id")
        return [(row["status"], row["captured"]) for row in found]

    async def acts(self, action: str, body: dict[str, Any]) -> Any:
        return await self.api.post(f"/actions/users/v1.0/{self.user}/{action}", body)


@pytest.fixture
async def calendar(given: Given, api: Client) -> Calendar:
    await given.currency(alphabeticCode="EUR")
    await given.tax(percentage=19)
    user = int((await given.user())["id"])
    async with given.system.database.begin() as tx:
        await settings.put(tx, "regional", timeZone="Europe/Berlin")
    return Calendar(given, api, user)


BOUGHT = ("finalized", Decimal("9.90"))


async def test_each_month_on_the_31st_or_the_last_day_at_nine(calendar: Calendar, given: Given) -> None:
    """E14: two days without a server, clocks that change, and months of all lengths."""
    await given.payment_method(calendar.user)
    await calendar.becomes(datetime(2027, 1, 31, 8, tzinfo=UTC))
    await given.subscribed(calendar.user, (await given.plan())["id"])
    assert await calendar.payments() == [BOUGHT]
    days = [(2, 28, 8), (3, 31, 7), (4, 30, 7), (5, 31, 7), (6, 30, 7), (7, 31, 7), (8, 31, 7), (9, 30, 7), (10, 31, 8),
            (11, 30, 8), (12, 31, 8)]  # fmt: skip
    for number, (month, day, hour) in enumerate(days, 2):
        due = datetime(2027, month, day, hour, tzinfo=UTC)
        assert (await calendar.shown())["endDate"] == due.isoformat()
        await calendar.at(due - timedelta(seconds=1))
        assert len(await calendar.payments()) == number - 1
        await calendar.at(due + 2 * DAY if month == 5 else due)
        assert await calendar.payments() == [BOUGHT] * number
    async with calendar.system.database.read() as tx:
        assert await faults(tx) == []


async def test_a_year_from_a_leap_day(calendar: Calendar, given: Given) -> None:
    await calendar.becomes(datetime(2028, 2, 29, 8, tzinfo=UTC))
    await given.balance(calendar.user, 500)
    await given.subscribed(calendar.user, (await given.plan(renewalCycle="annually", baseFee=99))["id"])
    ends = []
    for year in (2029, 2030, 2031, 2032):
        ends.append((await calendar.shown())["endDate"])
        await calendar.at(datetime(year, 3, 1, tzinfo=UTC))
    assert ends == [f"{day}T08:00:00+00:00" for day in ("2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29")]
    assert len(await calendar.payments()) == 5


async def test_what_cannot_be_collected_is_tried_again_and_then_ends(calendar: Calendar, given: Given) -> None:
    await given.balance(calendar.user, 10)
    await given.subscribed(calendar.user, (await given.plan())["id"])
    due = datetime.fromisoformat((await calendar.shown())["endDate"])
    assert (await calendar.at(due))["status"] == "suspended"
    statuses = [(await calendar.at(due + days * DAY))["status"] for days in (0.9, 1, 3.9, 4, 10.9, 11, 40)]
    assert statuses == ["suspended"] * 5 + ["expired"] * 2
    assert [status for status, _ in await calendar.payments()] == ["finalized"] + ["failed"] * 4


async def test_who_has_money_again_goes_on_and_the_calendar_stays(calendar: Calendar, given: Given) -> None:
    await given.balance(calendar.user, 10)
    await given.subscribed(calendar.user, (await given.plan())["id"])
    first = datetime.fromisoformat((await calendar.shown())["endDate"])
    second = (await calendar.at(first))["endDate"]
    await given.balance(calendar.user, 10)
    shown = await calendar.at(first + DAY)
    assert (shown["status"], shown["endDate"]) == ("active", second)
    user = (await calendar.api.get(f"/resources/users/v1.0/{calendar.user}")).data
    assert user["subscriptionId"] == shown["id"]


async def test_who_cannot_pay_has_no_subscription(calendar: Calendar, given: Given) -> None:
    plan = (await given.plan())["id"]
    answer = await calendar.acts("activate-subscription", {"planId": plan})
    assert (answer.status, answer.body["message"]) == (400, "User has insufficient balance.")
    await given.payment_method(calendar.user, REFUSED)
    answer = await calendar.acts("activate-subscription", {"planId": plan})
    assert (answer.status, answer.body["message"]) == (400, "Your card was declined.")
    assert (await calendar.api.get("/resources/subscriptions/v1.0")).data == []


async def test_there_is_one_at_a_time_and_a_canceled_one_gives_way(calendar: Calendar, given: Given) -> None:
    await given.payment_method(calendar.user)
    plan = (await given.plan())["id"]
    await given.subscribed(calendar.user, plan)
    assert (await calendar.acts("activate-subscription", {"planId": plan})).status == 400
    assert (await calendar.acts("cancel-subscription", {"reason": "moved away"})).status == 202
    assert (await calendar.shown())["status"] == "canceled"
    assert (await calendar.acts("cancel-subscription", {"reason": "again"})).status == 400
    await given.subscribed(calendar.user, plan)
    found = (await calendar.api.get("/resources/subscriptions/v1.0")).data
    assert [one["status"] for one in found] == ["expired", "active"]


async def test_a_canceled_one_ends_with_its_period(calendar: Calendar, given: Given) -> None:
    await given.payment_method(calendar.user)
    await given.subscribed(calendar.user, (await given.plan())["id"])
    await calendar.acts("cancel-subscription", {"reason": "moved away"})
    due = datetime.fromisoformat((await calendar.shown())["endDate"])
    assert (await calendar.at(due - DAY))["status"] == "canceled"
    assert (await calendar.at(due))["status"] == "expired"
    assert await calendar.payments() == [BOUGHT]


async def test_a_plan_for_a_while(calendar: Calendar, given: Given) -> None:
    """With the end of a day in Berlin; where it goes on, its borders are there from then on."""
    await given.payment_method(calendar.user)
    plan = (await given.plan())["id"]
    await given.subscribed(calendar.user, plan, endDate="2026-04-20")
    assert (await calendar.shown())["endDate"] == "2026-04-20T22:00:00+00:00"
    assert (await calendar.at(datetime(2026, 4, 20, 22, tzinfo=UTC)))["status"] == "expired"
    await given.subscribed(calendar.user, plan, endDate="2026-05-10", autoRenewal=True)
    shown = await calendar.at(datetime(2026, 5, 10, 22, tzinfo=UTC))
    assert (shown["status"], shown["endDate"]) == ("active", "2026-06-10T22:00:00+00:00")
    answer = await calendar.acts("activate-subscription", {"planId": plan, "endDate": "2020-01-01"})
    assert answer.status == 400


async def test_free_periods_and_a_plan_that_becomes_another(calendar: Calendar, given: Given, api: Client) -> None:
    await given.payment_method(calendar.user)
    plan = (await given.plan(freeRenewalPeriods=2))["id"]
    await given.subscribed(calendar.user, plan)
    assert (await calendar.shown())["remainingFreeRenewalPeriods"] == 1
    await calendar.at(datetime.fromisoformat((await calendar.shown())["endDate"]))
    assert await calendar.payments() == []
    assert (await api.patch(f"/resources/subscription-plans/v2.0/{plan}", {"baseFee": 12.5})).status == 200
    await calendar.at(datetime.fromisoformat((await calendar.shown())["endDate"]))
    assert await calendar.payments() == [("finalized", Decimal("12.5"))]


async def test_two_workers_renew_once(calendar: Calendar, given: Given) -> None:
    await given.balance(calendar.user, 100)
    await given.subscribed(calendar.user, (await given.plan())["id"])
    await calendar.becomes(datetime.fromisoformat((await calendar.shown())["endDate"]))
    workers = [Renewals(calendar.system.database, calendar.system.clock) for _ in range(3)]
    for one in workers:
        await one.start_due()
    for one in workers:
        await one.settled()
    assert await calendar.payments() == [BOUGHT] * 2
