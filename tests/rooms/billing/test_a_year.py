"""A year of subscriptions, over three changes of clocks, a leap day in which nothing runs, and months of all lengths:
two hundred users with all kinds of plans and means. Each day the ledger balances and says what is on balances and at
the payment provider; in the end each cycle of each subscription was there once, and was charged once."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.billing.ledger import faults
from tests.client import Client
from tests.conftest import served
from tests.given import Given
from tests.rooms.billing.quarter_plan import GOOD, REFUSED
from tests.rooms.billing.quarter_world import FIRST_USER
from tests.rooms.billing.year_books import ENDS_AFTER, ZERO, Books
from tests.rooms.billing.year_plan import (
    BAD_FROM,
    BEGIN,
    BERLIN,
    DAY,
    DAYS,
    HEALS_AFTER,
    HOUR,
    OFF,
    PEOPLE,
    REPLACED,
    Person,
    charges,
    starts,
)  # fmt: skip
from tests.rooms.billing.year_world import Year

SEED = 15
CANCELS_AFTER = 75  # days


@pytest.fixture
async def running(dsn: str, tmp_path: Path) -> AsyncIterator[tuple[System, str]]:
    """In the place of the one of all tests: a system whose clock stands still at the begin of the year."""
    settings = Settings(data_dir=tmp_path, port=0, ocpp_port=0, rate_limit_per_minute=10**6, rate_limit_per_day=10**9)
    system = await System(settings, dsn, ManualClock(BEGIN)).start()
    async with served(system.api.app) as base:
        yield system, base
    await system.stop()


class Course:
    """The year as it goes, and the books of it."""

    def __init__(self, world: Year) -> None:
        self.world, self.books = world, Books()
        self.charges = list(charges(Random(SEED)))
        self.happened: Counter[str] = Counter()
        for one in PEOPLE:
            if one.of_kind.card and one.of_kind.fate != "refused":
                self.books.good.add(one)
            self.books.balances[one] = Decimal(one.of_kind.balance)

    @property
    def now(self) -> datetime:
        return self.world.system.clock.now()

    async def day(self, day: int) -> None:
        morning = BEGIN + day * DAY
        if day not in OFF:
            await self.world.becomes(morning + 5 * HOUR)
            await self.before_the_bank_opens(day)
            await self.looks(morning + 6 * HOUR)
            todays = [one for one in self.charges if one.day == day]
            for charge in sorted(todays, key=lambda one: one.end):
                await self.world.charges(charge)
                self.books.charges(charge)
            if todays:
                await self.looks(morning + 12 * HOUR)
                self.books.reaches_thresholds()
            if day == REPLACED:
                await self.replaces()
            await self.balances(day)
        for one in PEOPLE:
            if morning <= starts(one) < morning + DAY and day not in OFF:
                await self.activates(one)

    async def looks(self, at: datetime) -> None:
        """The server's work of a moment. The books know it by the second at which it was done."""
        await self.world.becomes(at)
        self.books.looks(at)
        await self.world.works()

    async def activates(self, one: Person) -> None:
        at = starts(one)
        await self.world.becomes(at)
        body: dict[str, object] = {"planId": self.world.plans[one.of_kind.plan]}
        if one.of_kind.fate == "ends":
            body["endDate"] = f"{(at + ENDS_AFTER * DAY).astimezone(BERLIN).date()}"
        begins = self.books.activates(one, self.now)
        await self.world.acts(one, "activate-subscription", body, 202 if begins else 400)
        await self.world.works()

    async def before_the_bank_opens(self, day: int) -> None:
        """What people do about their cards and balances, and about their subscriptions."""
        for one in PEOPLE:
            fate, known = one.of_kind.fate, self.books.of.get(one)
            if known is None:
                continue
            if one.of_kind.card and fate in ("expires", "heals") and day == BAD_FROM:
                await self.world.has_another_card(one, REFUSED)
                self.books.good.discard(one)
            if fate == "cancels" and known.status == "active" and self.now >= known.anchor + CANCELS_AFTER * DAY:
                await self.world.acts(one, "cancel-subscription", {"reason": "moved away"}, 202)
                self.books.cancels(one)
                self.happened["canceled"] += 1
            since = known.suspended_on
            if (
                fate == "heals"
                and known.status == "suspended"
                and since
                and self.now > since + HEALS_AFTER * DAY - 2 * HOUR
            ):
                await self.heals(one)
                known.suspended_on = None
        if self.books.outside:
            await self.is_collected_elsewhere()

    async def heals(self, one: Person) -> None:
        self.happened["healed"] += 1
        if one.of_kind.card:
            await self.world.has_another_card(one, GOOD)
            self.books.good.add(one)
        else:
            await self.world.given.balance(FIRST_USER + one.number, 50)
            self.books.balances[one] += 50

    async def is_collected_elsewhere(self) -> None:
        """What another system was told to bill it says is paid."""
        rows = await self.world.rows("""
SELECT id, amount FROM payment_transaction WHERE billing_type = 'external' AND status = 'pending' ORDER BY id""")
        for row in rows:
            said = {"status": "finalized", "totalAmount": float(row["amount"])}
            answer = await self.world.api.patch(f"/resources/transactions/v1.0/{row['id']}", said)
            assert answer.status == 200, answer.body
            self.happened["collected elsewhere"] += 1
        if rows:
            await self.world.works()

    async def replaces(self) -> None:
        path = f"/actions/subscription-plans/v1.0/{self.world.plans['old']}/replace"
        await self.world.posts(path, {"planId": self.world.plans["new"], "reason": "simpler"}, 202)
        await self.world.works()
        for one in PEOPLE:
            if one.of_kind.plan == "old":
                self.books.is_replaced(one)

    async def balances(self, day: int) -> None:
        """The ledger, the gateway, the balances and the subscriptions say the same as the books."""
        world, books = self.world, self.books
        async with world.system.database.read() as tx:
            assert await faults(tx) == []
        (left,) = await world.rows("""
SELECT (SELECT COUNT(*) FROM gateway_call WHERE due_at IS NOT NULL) AS calls,
    (SELECT COALESCE(SUM(captured - refunded), 0) FROM embedded_payment) AS collected,
    (SELECT COALESCE(SUM(CASE WHEN credit_id = account.id THEN amount ELSE -amount END), 0)
     FROM ledger_account AS account JOIN ledger_entry ON account.id IN (credit_id, debit_id)
     WHERE kind = 'subscription') AS between""")
        assert (left["calls"], left["between"]) == (0, 0), day
        assert left["collected"] == sum(books.cards.values()), day
        rows = await world.of_users(f"SELECT id AS user_id, balance FROM ev_user WHERE id >= {FIRST_USER}")
        shown = {one: row["balance"] for one, row in rows.items()}
        assert shown == {one: books.balances[one] for one in PEOPLE}, day
        found = await world.of_users("SELECT * FROM subscription WHERE status <> 'failed'")
        stands = {one: (row["status"], row["cycle"], row["ends_at"]) for one, row in found.items()}
        assert stands == {one: (of.status, of.cycle, of.ends) for one, of in books.of.items()}, day


@pytest.fixture
async def course(api: Client, given: Given) -> Course:
    world = Year(api, given)
    await world.build()
    return Course(world)


async def test_a_year_of_subscriptions_renews_each_once(course: Course) -> None:
    for day in range(DAYS):
        await course.day(day)
    assert min(course.happened[one] for one in ("canceled", "healed", "collected elsewhere")) > 5
    statuses = Counter(one.status for one in course.books.of.values())
    assert min(statuses[one] for one in ("active", "expired")) > 20
    await each_cycle_was_there_once(course)
    await each_card_was_charged_by_the_books(course)
    await sessions_cost_what_was_not_covered(course)
    await each_payment_has_a_receipt(course)


async def each_payment_has_a_receipt(course: Course) -> None:
    """But for those that another system collects. Their numbers leave no gap."""
    rows = await course.world.rows("""
SELECT series, MAX(place) AS last, COUNT(*) AS number, COUNT(DISTINCT place) AS places, SUM(total) AS total
FROM document GROUP BY series ORDER BY series""")
    assert [row["series"] for row in rows] == ["receipt-2027", "receipt-2028"]
    assert all(row["last"] == row["number"] == row["places"] for row in rows), rows
    books, own = course.books, [one for one in PEOPLE if not course.books.outside[one]]
    (paid,) = await course.world.rows("""
SELECT SUM(captured - refunded) AS total FROM payment_transaction
WHERE billing_type = 'internal' AND means <> 'subscription'""")
    assert sum(row["total"] for row in rows) == paid["total"]
    assert sum(row["number"] for row in rows) == sum(books.payments[one] for one in own)


async def each_cycle_was_there_once(course: Course) -> None:
    rows = await course.world.rows("""
SELECT user_id, number, starts_at FROM subscription_cycle AS cycle
JOIN subscription ON subscription.id = cycle.subscription_id WHERE subscription.cycle_started_at IS NOT NULL
ORDER BY user_id, number""")
    found: dict[Person, list[datetime]] = {}
    for row in rows:
        begins = found.setdefault(PEOPLE[row["user_id"] - FIRST_USER], [])
        assert row["number"] == len(begins), row
        begins.append(row["starts_at"])
    for one, of in course.books.of.items():
        assert found[one] == of.begins, one


async def each_card_was_charged_by_the_books(course: Course) -> None:
    rows = await course.world.of_users("""
SELECT user_id, COALESCE(SUM(captured - refunded) FILTER (WHERE gateway IS NOT NULL), 0) AS by_card,
    COALESCE(SUM(captured) FILTER (WHERE billing_type = 'external'), 0) AS outside,
    COUNT(*) FILTER (WHERE captured > 0 AND means IS DISTINCT FROM 'subscription') AS payments
FROM payment_transaction WHERE user_id IS NOT NULL GROUP BY user_id""")
    books = course.books
    for one in PEOPLE:
        row = rows.get(one)
        shown = (row["by_card"], row["outside"], row["payments"]) if row else (ZERO, ZERO, 0)
        assert shown == (books.cards[one], books.outside[one], books.payments[one]), one


async def sessions_cost_what_was_not_covered(course: Course) -> None:
    rows = await course.world.rows("SELECT id, amount_with_tax, non_billable_energy_wh FROM session")
    shown = {row["id"]: (row["amount_with_tax"], row["non_billable_energy_wh"]) for row in rows}
    for charge, price in course.books.prices.items():
        covered = charge.kwh * 1000 - price * 2000
        assert shown[course.world.sessions[charge]] == (price, float(covered)), charge
