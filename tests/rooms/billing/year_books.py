"""The books of a year of subscriptions as somebody would keep them by hand: when each renews, what it is charged by
whom, what is left of the energy in it, and what is owed."""

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tests.rooms.billing.year_plan import BERLIN, DAY, KWH, PLANS, Charge, Person, Plan

ZERO = Decimal(0)
AGAIN = (1, 3, 7)  # days after a failure
ENDS_AFTER = 100  # days, of those that do not renew themselves


def boundary(anchor: datetime, months: int = 0, days: int = 0) -> datetime:
    """So many months or days after it by the calendar and the clocks of Berlin."""
    there = anchor.astimezone(BERLIN)
    month = there.month - 1 + months
    year, month = there.year + month // 12, month % 12 + 1
    day = date(year, month, min(there.day, monthrange(year, month)[1])) + timedelta(days=days)
    return datetime.combine(day, there.time(), BERLIN).astimezone(UTC)


@dataclass(eq=False)
class Subscription:
    """One, as it stands."""

    person: Person
    plan: Plan
    anchor: datetime
    ends: datetime
    status: str = "active"
    cycle: int = 0
    free: int = 0
    failures: int = 0
    due: datetime | None = None
    renews: bool = True
    begins: list[datetime] = field(default_factory=list)  # of its cycles
    used: dict[datetime, int] = field(default_factory=lambda: defaultdict(int))  # kWh, by the allowance's cycle
    items: list[Decimal] = field(default_factory=list)  # that no bill has collected
    suspended_on: datetime | None = None

    def end_of(self, cycle: int) -> datetime:
        return boundary(self.anchor, (cycle + 1) * self.plan.months)

    def covered(self, charge: Charge) -> int:
        """Of its kWh, those in the allowance, which are used now."""
        left, begin = self.plan.kwh, self._cycle_at(charge.start)
        if begin is not None:
            left = max(0, left - self.used[begin])
            self.used[begin] += min(left, charge.kwh)
        return min(left, charge.kwh)

    def _cycle_at(self, at: datetime) -> datetime | None:
        """When the allowance began that is used at a moment; None where each session has one of its own."""
        match self.plan.reset:
            case "as_renewal_cycle":
                return self.begins[-1]
            case "after_each_month":
                moments = (boundary(self.anchor, months) for months in range(14))
            case "after_each_week":
                moments = (boundary(self.anchor, days=7 * weeks) for weeks in range(60))
            case _:
                return None
        return max(one for one in moments if one <= at)


class Books:
    """All of them."""

    def __init__(self) -> None:
        self.of: dict[Person, Subscription] = {}
        self.cards: dict[Person, Decimal] = defaultdict(Decimal)  # what they were charged
        self.balances: dict[Person, Decimal] = defaultdict(Decimal)
        self.outside: dict[Person, Decimal] = defaultdict(Decimal)  # billed to be collected elsewhere
        self.payments: dict[Person, int] = defaultdict(int)  # that came to pass
        self.good: set[Person] = set()  # whose card is taken
        self.prices: dict[Charge, Decimal] = {}

    # --- what happens

    def activates(self, person: Person, now: datetime) -> bool:
        """Whether it begins."""
        plan, renews = person.plan, person.of_kind.fate != "ends"
        ends = boundary(now, plan.months)
        if not renews:
            last = (now + ENDS_AFTER * DAY).astimezone(BERLIN).date()
            ends = datetime.combine(last + timedelta(days=1), datetime.min.time(), BERLIN).astimezone(UTC)
        one = Subscription(person, plan, now, ends, free=plan.free, renews=renews, begins=[now])
        if one.free:
            one.free -= 1
        elif plan.post_paid is None and not self._pays(person, plan.fee):
            return False
        one.due, self.of[person] = ends, one
        return True

    def cancels(self, person: Person) -> None:
        self.of[person].status = "canceled"

    def is_replaced(self, person: Person) -> None:
        """What was used stays used; the fee is another from the next cycle on."""
        self.of[person].plan = PLANS["new"]

    def charges(self, charge: Charge) -> None:
        """It has ended."""
        one = self.of.get(charge.user)
        living = one is not None and one.status in ("active", "canceled")
        covered = one.covered(charge) if one and living and one.plan.kwh else 0
        price = self.prices[charge] = (charge.kwh - covered) * KWH
        if not price:
            return
        if one and living and (one.plan.post_paid == "personal_commercial" or (one.plan.post_paid and charge.at_home)):
            one.items.append(price)
        elif charge.user.of_kind.card:
            self._by_card(charge.user, price)
        else:
            self.balances[charge.user] -= price
            self.payments[charge.user] += 1

    def reaches_thresholds(self) -> None:
        for one in self.of.values():
            if one.plan.threshold and sum(one.items) >= one.plan.threshold:
                self._bills(one)

    def looks(self, now: datetime) -> None:
        """What is due is done."""
        for one in self.of.values():
            while one.due is not None and one.due <= now:
                self._is_due(one, now)

    # --- how

    def _is_due(self, one: Subscription, now: datetime) -> None:
        if one.status == "suspended":
            self._tries(one, now)
        elif one.status == "canceled" or not one.renews:
            one.status, one.due = "expired", None
        else:
            self._renews(one, now)

    def _renews(self, one: Subscription, now: datetime) -> None:
        if one.plan.post_paid:
            fee = one.plan.fee * (one.person.chargers if one.plan.per_charger else 1)
            one.items += [fee] if fee else []
            self._bills(one)
        one.cycle += 1
        one.begins.append(one.ends)
        one.ends = one.due = one.end_of(one.cycle)
        if one.plan.post_paid or not one.plan.fee:
            return
        if one.free:
            one.free -= 1
        else:
            one.failures = 0
            self._tries(one, now)

    def _tries(self, one: Subscription, now: datetime) -> None:
        if self._pays(one.person, one.plan.fee):
            one.status, one.due = "active", one.ends
        elif one.failures == len(AGAIN):
            one.status, one.due = "expired", None
        else:
            one.suspended_on = one.suspended_on if one.status == "suspended" else now
            one.status, one.due = "suspended", now + AGAIN[one.failures] * DAY
            one.failures += 1

    def _pays(self, person: Person, fee: Decimal) -> bool:
        if not fee:
            return True
        if person.of_kind.card:
            if person not in self.good:
                return False
            self._by_card(person, fee)
            return True
        if self.balances[person] < fee:
            return False
        self.balances[person] -= fee
        self.payments[person] += 1
        return True

    def _by_card(self, person: Person, amount: Decimal) -> None:
        self.cards[person] += amount
        self.payments[person] += 1

    def _bills(self, one: Subscription) -> None:
        total = sum(one.items, ZERO)
        one.items = []
        if not total:
            return
        if one.plan.external:
            self.outside[one.person] += total
            self.payments[one.person] += 1
        else:
            self._by_card(one.person, total)
