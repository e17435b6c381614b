"""A quarter, over a change of clocks, with two days in which nothing runs: two hundred users with all kinds of means to
pay. Each night the ledger balances, says what the bills say, and what the payment provider collected; in the end each
session is paid once, or open for a reason that is its user's."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from ohmstead.rooms.billing.ledger import faults
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.quarter_books import ZERO, Books
from tests.rooms.billing.quarter_plan import (
    ACCOUNTS,
    BEGIN,
    DAY,
    DAYS,
    GOOD,
    HEALED,
    HEALED_FROM,
    HOUR,
    KINDS,
    MINUTE,
    OFF,
    PEOPLE,
    RATE_FROM,
    SEK,
    Charge,
    Deed,
    Person,
    cents,
    charges,
    deeds,
    offset,
)  # fmt: skip
from tests.rooms.billing.quarter_world import FIRST_USER, Quarter
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.charges import Gateway

SEED = 14


class Course:
    """The quarter as it goes, and the books of it."""

    def __init__(self, world: Quarter) -> None:
        dice = Random(SEED)
        self.world, self.books = world, Books()
        self.charges = list(charges(dice))
        self.deeds = list(deeds(dice, self.charges))
        self.of_kind = {kind: [one for one in PEOPLE if one.kind == kind] for kind in KINDS}
        self.tried: Counter[str] = Counter()
        self.fees = ZERO
        self.either: list[Charge] = []  # what went back may count as an operator's, or for the lower price

    async def day(self, day: int) -> None:
        world, morning = self.world, BEGIN + day * DAY + 6 * HOUR
        todays = [one for one in self.charges if one.day == day]
        if day in OFF:
            return
        await world.becomes(morning)
        if day == OFF[-1] + 1:
            await self.charge([one for one in self.charges if one.day in OFF])
        await self.in_the_morning(day)
        await self.charge(todays)
        if day == OFF[0] - 1:
            assert await world.dies() > 3
            return
        await world.works()
        await world.becomes(morning + 12 * HOUR)
        for deed in self.deeds:
            if deed.day == day != deed.charge.day:
                await self.does(deed)
        await world.works()
        await self.night(day)

    async def charge(self, todays: list[Charge]) -> None:
        """They begin, and end in the afternoon."""
        for one in sorted(todays, key=lambda one: one.start):
            await self.world.becomes(one.start)
            await self.world.begins(one)
        if any(one.zone == "hub" for one in todays):
            await self.world.works()
        for one in sorted(todays, key=lambda one: one.end):
            await self.world.becomes(one.end)
            await self.world.ends(one)
            self.books.billed(self.now, one)
        await self.world.hears()
        for deed in self.deeds:
            if deed.charge in todays and deed.day == deed.charge.day:
                await self.does(deed)
        await self.world.hears()

    @property
    def now(self) -> datetime:
        return self.world.system.clock.now()

    async def in_the_morning(self, day: int) -> None:
        """Vouchers, top-ups and fees."""
        if day == 0:
            for one in self.of_kind["last resort"]:
                await self.voucher(one, 300, None)
        for one in self.of_kind["balance"]:
            if day % 15 == one.number % 15 and day < 75:
                await self.voucher(one, 5 + one.number % 11, day + (3 + one.number % 20) if one.number % 4 else None)
        if day == 20:
            package = (await self.world.given.top_up_package())["id"]
            for one in (*self.of_kind["good"][:4], *self.of_kind["late"][:4], *self.of_kind["declined"][:2]):
                await self.buys(one, package)
        if day in (10, 60):
            for kind in ("good", "late", "silent hold", "declined", "balance"):
                for one in self.of_kind[kind][:3]:
                    await self.fee(one)
        if day == RATE_FROM:
            rate = {"base": "SEK", "target": "EUR", "rate": float(SEK)}
            await self.world.given.made("/resources/currency-rates/v1.0", rate)
        if day == HEALED_FROM:
            for one in HEALED:
                await self.heal(one)
        if day % 30 == 29:
            await self.world.run("UPDATE embedded_event SET due_at = now() - interval '1 year' WHERE id % 5 = 0")
        if day % 20 == 3:
            await self.world.hold()  # and nobody comes

    async def voucher(self, user: Person, amount: int, last_day: int | None) -> None:
        until = {} if last_day is None else {"expireDate": f"{(BEGIN + last_day * DAY).date()}"}
        code = (await self.world.given.voucher(amount=amount, **until))["code"]
        path = f"/actions/users/v2.0/{FIRST_USER + user.number}/redeem-voucher"
        await self.world.posts(path, {"code": code}, 202)
        self.books.purses[user].becomes(self.now)
        self.books.purses[user].gets(Decimal(amount), last_day)

    async def buys(self, user: Person, package: int) -> None:
        path = f"/internal/users/v1.0/{FIRST_USER + user.number}/top-ups"
        await self.world.posts(path, {"topUpPackageId": package}, 202)
        if not user.of_kind.open:
            self.books.purses[user].gets(Decimal(23))

    async def fee(self, user: Person) -> None:
        body: dict[str, Any] = {"amount": 7.77, "description": "Blocked bay"}
        body |= {"paymentMethodId": str(self.world.cards[user])} if user in self.world.cards else {}
        purse, amount = self.books.purses[user], Decimal("7.77")
        purse.becomes(self.now)
        by_balance, refused = user.kind == "balance", bool(user.of_kind.open) and not self.is_healed(user)
        if by_balance and purse.balance >= amount:
            purse.pays(self.now, amount)
        elif by_balance:
            refused = True
        path = f"/actions/users/v1.0/{FIRST_USER + user.number}/apply-custom-fee"
        await self.world.posts(path, body, 400 if refused else 202)
        self.fees += ZERO if refused else amount

    def is_healed(self, user: Person) -> bool:
        return user in HEALED and self.now >= BEGIN + HEALED_FROM * DAY

    async def heal(self, user: Person) -> None:
        old = "UPDATE payment_method SET is_default = false WHERE user_id = :user"
        await self.world.run(old, user=FIRST_USER + user.number)
        await self.world.card(user, GOOD, is_default=True)
        for charge, account in self.books.accounts.items():
            if charge.user == user and account.due:
                path = f"/actions/session/v1.0/{self.world.keys[charge]}/retry-payment"
                await self.world.posts(path, {}, 202)
                self.tried["again"] += 1

    async def does(self, deed: Deed) -> None:
        charge, world, key = deed.charge, self.world, self.world.keys[deed.charge]
        account, self.tried[deed.what] = self.books.accounts[charge], self.tried[deed.what] + 1
        match deed.what:
            case "new price":
                assert deed.amount is not None
                prices = [account.price - 1, deed.amount] if deed.amount < account.price - 1 else [deed.amount]
                for price in prices:  # the second while a bank has yet to give back what the first was less
                    await self.costs(charge, price)
            case "refund and new price":
                assert deed.amount is not None
                await self.refund(charge, Decimal("1.50"))
                await self.costs(charge, deed.amount)
                self.either.append(charge)
            case "waive":
                amount = {} if deed.amount is None else {"amount": float(deed.amount)}
                body = {"reason": "A cable was broken", "key": "once"} | amount
                for _ in range(2):
                    await world.posts(f"/internal/sessions/v1.0/{key}/waive", body, 200)
                account.given_up += deed.amount or account.due
            case "paid outside":
                user = {} if charge.user is None else {"userId": FIRST_USER + charge.user.number}
                body = {"sessionId": key, "totalAmount": float(account.due), "currencyCode": "EUR"}
                body |= {"ref": f"till {key}", "status": "finalized"}
                await world.posts("/resources/transactions/v1.0", body | user, 201)
                account.outside = True
            case "refund":
                await self.refund(charge, deed.amount)

    async def costs(self, charge: Charge, price: Decimal) -> None:
        await self.world.costs(charge, price)
        await self.world.hears()
        self.books.changes(self.now, charge, price)

    async def refund(self, charge: Charge, amount: Decimal | None) -> None:
        """Of what its first transaction brought, or of all."""
        found = "SELECT id FROM payment_transaction WHERE session_id = :key AND status = 'finalized' ORDER BY id"
        rows = await self.world.rows(found, key=self.world.keys[charge])
        body = {"reason": "A cable was broken", "key": "once"} | ({} if amount is None else {"amount": float(amount)})
        for row in rows[: None if amount is None else 1]:
            for _ in range(2):
                await self.world.posts(f"/internal/transactions/v1.0/{row['id']}/refund", body, 202)
        account = self.books.accounts[charge]
        whole = account.due if account.held is None else account.held
        self.books.refunds(self.now, charge, whole if amount is None else amount)

    async def night(self, day: int) -> None:
        """Half past ten in Greenwich: in summer it is another day in Berlin."""
        await self.world.becomes(BEGIN + day * DAY + 22 * HOUR + 30 * MINUTE)
        for pause in (0, 15, 15, 40, 15):  # banks that answer late, and calls whose outcome is looked up
            await self.world.becomes(self.now + timedelta(seconds=pause))
            await self.world.works()
            if not await self.world.awaits_banks():
                break
        for charge in self.either:
            (bill,) = await self.world.rows(
                "SELECT waived FROM session_payment WHERE session_id = :key", key=self.world.keys[charge]
            )
            assert bill["waived"] in (ZERO, Decimal("0.50"), Decimal("1.50"))
            self.books.accounts[charge].given_back = bill["waived"]
        self.either.clear()
        await self.balances(day)

    async def balances(self, day: int) -> None:
        """What is in the ledger, in the bills, at the gateway, and on balances."""
        world = self.world
        async with world.system.database.read() as tx:
            assert await faults(tx) == []
        (open_calls,) = await world.rows("""
            SELECT (SELECT COUNT(*) FROM gateway_call WHERE due_at IS NOT NULL)
                 + (SELECT COUNT(*) FROM payment_transaction WHERE status IN ('initialized', 'pending')) AS number""")
        assert open_calls["number"] == 0, day
        owed, sums = await self.accounts()
        assert all(sum(kinds.values()) == 0 for kinds in sums.values()), sums
        assert owed == await self.open_by_bills() == await self.open_by_books(), day
        assert sums["EUR"]["revenue"] + sums["EUR"]["tax"] == self.sold(), day
        collected = await world.rows(
            "SELECT currency, SUM(captured - refunded) AS amount FROM embedded_payment GROUP BY currency"
        )
        assert {row["currency"]: -row["amount"] for row in collected} == {
            code: kinds.get("gateway", ZERO) for code, kinds in sums.items() if "gateway" in kinds
        }, day
        rows = await world.rows("SELECT id, balance FROM ev_user WHERE id >= :first", first=FIRST_USER)
        shown = {PEOPLE[row["id"] - FIRST_USER]: row["balance"] for row in rows}
        for user, purse in self.books.purses.items():
            purse.becomes(self.now)
            assert shown[user] == purse.balance, (day, user)
            assert max(ZERO, purse.balance) == sum(slip.left for slip in purse.slips), (day, user)

    def sold(self) -> Decimal:
        """In euros, with tax: what charges cost, less what an operator gave back of it, and fees."""
        theirs = [one for charge, one in self.books.accounts.items() if charge.currency == "EUR"]
        return sum((one.price - one.given_back for one in theirs), self.fees)

    async def accounts(self) -> tuple[dict[tuple[int, str], Decimal], dict[str, dict[str, Decimal]]]:
        """What each owes; and of each currency what was given to the accounts of a kind less what was taken."""
        rows = await self.world.rows("""
SELECT kind, owner_id, account.currency, SUM(CASE WHEN credit_id = account.id THEN amount ELSE -amount END) AS amount
FROM ledger_account AS account JOIN ledger_entry ON account.id IN (credit_id, debit_id) GROUP BY 1, 2, 3""")
        sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for row in rows:
            sums[row["currency"]][row["kind"]] += row["amount"]
        owed = {(row["owner_id"], row["currency"]): -row["amount"] for row in rows if row["kind"] == "receivable"}
        return {key: amount for key, amount in owed.items() if amount}, sums

    async def open_by_bills(self) -> dict[tuple[int, str], Decimal]:
        rows = await self.world.rows("""
SELECT COALESCE(user_id, 0) AS owner, currency, SUM(amount - discount - waived - paid) AS amount
FROM session_payment GROUP BY 1, 2""")
        return {(row["owner"], row["currency"]): row["amount"] for row in rows if row["amount"]}

    async def open_by_books(self) -> dict[tuple[int, str], Decimal]:
        """What each charge costs, less what its transactions brought."""
        found: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
        paid = await self.paid()
        for charge, account in self.books.accounts.items():
            owner = 0 if charge.user is None else FIRST_USER + charge.user.number
            discount = ZERO
            if charge.user is not None and charge.user.kind == "small account" and paid[self.world.keys[charge]]:
                discount = small_discount(charge)
            found[owner, charge.currency] += account.due - discount - paid[self.world.keys[charge]]
        return {key: amount for key, amount in found.items() if amount}

    async def paid(self) -> dict[int, Decimal]:
        rows = await self.world.rows("""
SELECT session_id, SUM(captured - refunded) AS amount FROM payment_transaction
WHERE session_id IS NOT NULL GROUP BY session_id""")
        return defaultdict(Decimal, {row["session_id"]: row["amount"] for row in rows})


def small_discount(charge: Charge) -> Decimal:
    return cents(charge.price * ACCOUNTS[101]["discount"] / 100)


@pytest.fixture
async def course(api: Client, given: Given, gateway: Gateway) -> Course:
    world = Quarter(api, given)
    await world.build()
    return Course(world)


async def test_a_quarter_of_all_kinds_of_means_is_paid_once(course: Course) -> None:
    for day in range(DAYS):
        await course.day(day)
    assert 500 < len(course.charges) < 700
    assert set(course.tried) == {
        "refund", "waive", "paid outside", "new price", "refund and new price", "again"
    }  # fmt: skip
    await each_session_ends_as_its_user_is(course)
    await the_small_account_is_within_its_limit(course)
    await no_card_was_charged_twice(course)


async def each_session_ends_as_its_user_is(course: Course) -> None:
    world, paid = course.world, await course.paid()
    rows = await world.rows("SELECT * FROM session_payment")
    bills = {row["session_id"]: row for row in rows}
    ends: Counter[tuple[str, str | None]] = Counter()
    for charge in course.charges:
        bill = bills[world.keys[charge]]
        shown = await world.rows("SELECT payment_status FROM session WHERE id = :key", key=bill["session_id"])
        ends[bill["status"], bill["reason"]] += 1
        assert bill["status"] == shown[0]["payment_status"]
        assert bill["paid"] == paid[bill["session_id"]]
        if charge.user is None or charge.user.kind != "small account":
            end = course.books.end(charge)
            assert (bill["status"], bill["reason"], bill["paid"]) == end, (charge, bill)
        assert bill["due_at"] is None
    assert set(ends) == {
        ("paid", None), ("failed", "declined"), ("failed", "no_exchange_rate"), ("failed", "nobody_to_bill"),
        ("partially", "hold_used_up"), ("failed", "corporate_limit_reached"),
    }, ends  # fmt: skip
    for user in course.of_kind["kroner"]:
        (row,) = await world.rows("SELECT balance FROM ev_user WHERE id = :key", key=FIRST_USER + user.number)
        assert row["balance"] == course.books.kroner(user)


async def the_small_account_is_within_its_limit(course: Course) -> None:
    """Of a month in Berlin; what is open never fitted on a day on which it was tried."""
    rows = await course.world.rows("""
SELECT session_id, captured, finalized_at FROM payment_transaction WHERE payment_method_id = 'corporate:101'""")
    used: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        used[month(row["finalized_at"])] += row["captured"]
    assert all(amount <= ACCOUNTS[101]["monthlyLimit"] for amount in used.values()), used
    brought = {row["session_id"]: row["captured"] for row in rows}
    assert len(brought) == len(rows)
    theirs = [one for one in course.charges if one.user is not None and one.user.kind == "small account"]
    for charge in theirs:
        due = charge.price - small_discount(charge)
        if (amount := brought.get(course.world.keys[charge])) is not None:
            assert amount == due
            continue
        for days in (0, 1, 4, 11):
            assert used[month(charge.end + days * DAY)] + due > ACCOUNTS[101]["monthlyLimit"], charge
    assert 0 < len(brought) < len(theirs)


def month(at: datetime) -> int:
    return (at + offset(at)).month


async def no_card_was_charged_twice(course: Course) -> None:
    """By what the gateway says: of each transaction there is one payment, of each session as much as its card is to
    pay, and nothing is held any more."""
    rows = await course.world.rows("""
SELECT 'Transaction ' || split_part(call.key, '-', 1) AS description, state, reference, captured - refunded AS amount
FROM embedded_payment AS payment JOIN embedded_call AS call ON call.payment_id = payment.id AND step = 'authorize'""")
    assert max(Counter(row["description"] for row in rows).values()) == 1
    assert {row["state"] for row in rows} == {"captured", "voided", "declined"}
    ours = await course.world.rows("""
SELECT id, session_id, status, gateway_reference, captured, captured - refunded AS amount FROM payment_transaction
WHERE gateway IS NOT NULL""")
    theirs = {row["description"]: row for row in rows}
    for row in ours:
        payment = theirs.get(f"Transaction {row['id']}")
        assert payment is not None, row
        assert (payment["reference"], payment["amount"]) == (row["gateway_reference"], row["amount"])
        assert row["status"] in ("finalized", "refunded", "failed", "reversed")
    brought: dict[int, Decimal] = defaultdict(Decimal)
    taken: dict[int, Decimal] = defaultdict(Decimal)
    for row in ours:
        brought[row["session_id"] or 0] += row["amount"]
        taken[row["session_id"] or 0] += row["captured"]
    for charge, account in course.books.accounts.items():
        assert brought[course.world.keys[charge]] <= account.due, charge
        assert taken[course.world.keys[charge]] <= account.highest, charge
