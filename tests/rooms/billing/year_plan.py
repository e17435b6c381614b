"""A year and a month of subscriptions: two hundred users with all kinds of plans and of means to pay, what they charge
and do. Nothing here is asked of the product."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.rooms.billing.quarter_plan import GOOD, REFUSED

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
BEGIN, DAYS = datetime(2027, 10, 20, tzinfo=UTC), 378  # to 31 October 2028: three changes of clocks and a leap day
OFF = (131, 132)  # nothing runs on 28 and 29 February 2028
KWH = Decimal("0.50")  # what one costs at the kerb, at home and for everybody
KW = 9  # more than an outlet gives is not believed
LATE, SILENT = "4000000000005001", "4000000000006017"


class Plan(NamedTuple):
    """A plan: its fee for a month or a year, and how much energy is in it, anew in which cycle."""

    fee: Decimal
    months: int = 1
    free: int = 0
    post_paid: str | None = None  # what it accumulates: personal | personal_commercial
    per_charger: bool = False
    threshold: int | None = None
    external: bool = False
    kwh: int = 0
    reset: str = "as_renewal_cycle"

    def body(self, name: str) -> dict[str, Any]:
        """As the API takes it."""
        found: dict[str, Any] = {
            "name": [{"locale": "en", "translation": name}], "description": [{"locale": "en", "translation": name}],
            "renewalCycle": "annually" if self.months == 12 else "monthly", "status": "enabled",
            "type": "post-paid" if self.post_paid else "pre-paid", "baseFee": float(self.fee),
        }  # fmt: skip
        if self.free:
            found["freeRenewalPeriods"] = self.free
        if self.post_paid:
            found |= {"postPaidChargingSessionsAccumulation": self.post_paid}
            found |= {"baseFeeAppliesPerEachHomeCharger": self.per_charger}
        if self.threshold:
            found["billingUsageThreshold"] = self.threshold
        if self.external:
            found["billingType"] = "external"
        if self.kwh:
            found["allowance"] = {"type": "combined", "combined": self.kwh, "resetCycle": self.reset}
        return found


PLANS: dict[str, Plan] = {
    "basic": Plan(Decimal("9.90")),
    "energy": Plan(Decimal("14.90"), free=2, kwh=30),
    "year": Plan(Decimal("99.00"), months=12, kwh=12, reset="after_each_month"),
    "gift": Plan(Decimal(0), kwh=8, reset="after_each_week"),
    "each time": Plan(Decimal("3.00"), kwh=5, reset="after_each_session"),
    "home": Plan(Decimal("4.90"), post_paid="personal", per_charger=True),
    "all": Plan(Decimal("5.00"), post_paid="personal_commercial", threshold=25),
    "elsewhere": Plan(Decimal("6.00"), post_paid="personal_commercial", external=True),
    "old": Plan(Decimal("7.00"), kwh=20),
    "new": Plan(Decimal("8.00"), kwh=25),  # in the place of the old one
}
REPLACED = 200  # the day on which the old plan is replaced, at noon


class Kind(NamedTuple):
    """Of users: how many, their plan, their cards, what is on their balance, and what becomes of them."""

    count: int
    plan: str
    card: str | None = None
    balance: int = 0
    fate: str = ""


KINDS: dict[str, Kind] = {
    "by card": Kind(24, "basic", GOOD),
    "by a late card": Kind(6, "basic", LATE),
    "by a silent card": Kind(6, "basic", SILENT),
    "by balance": Kind(14, "basic", balance=150),
    "runs out": Kind(8, "basic", balance=35, fate="expires"),
    "fills up": Kind(8, "basic", balance=35, fate="heals"),
    "loses the card": Kind(8, "basic", GOOD, fate="expires"),
    "finds another": Kind(8, "basic", GOOD, fate="heals"),
    "never could": Kind(8, "basic", REFUSED, fate="refused"),
    "with energy": Kind(24, "energy", GOOD),
    "cancels": Kind(8, "energy", GOOD, fate="cancels"),
    "by the year": Kind(20, "year", GOOD),
    "for nothing": Kind(14, "gift", balance=100),
    "each time": Kind(8, "each time", GOOD),
    "for a while": Kind(8, "basic", GOOD, fate="ends"),
    "at home": Kind(6, "home", GOOD),
    "everywhere": Kind(10, "all", GOOD),
    "billed elsewhere": Kind(4, "elsewhere"),
    "of the old plan": Kind(8, "old", GOOD, fate="replaced"),
}
BAD_FROM = 150  # the day on which cards are lost
HEALS_AFTER = 3  # days after its subscription is suspended somebody has means again


class Person(NamedTuple):
    """A user, by number from 0."""

    number: int
    kind: str

    @property
    def of_kind(self) -> Kind:
        return KINDS[self.kind]

    @property
    def plan(self) -> Plan:
        return PLANS[self.of_kind.plan]

    @property
    def chargers(self) -> int:
        """That are at home."""
        return 1 + self.number % 2 if self.kind == "at home" else 0


PEOPLE = [Person(number, kind) for number, kind in enumerate(k for k, of in KINDS.items() for _ in range(of.count))]

EARLY = 14  # of these, in the first half year: the others keep the test short
# The last days of months, the leap day, and nights in which the clocks change.
_STARTS = (
    "2027-10-25T16:10", "2027-10-31T00:30", "2027-10-31T01:30", "2027-10-31T18:00", "2027-11-29T20:45",
    "2027-11-30T17:00", "2027-12-15T15:30", "2027-12-31T21:59", "2028-01-29T16:00", "2028-01-30T22:30",
    "2028-01-31T18:20", "2028-02-27T19:00", "2028-03-25T02:20", "2028-03-31T15:00", "2028-05-31T16:00",
    "2028-06-30T23:10", "2028-07-31T17:45", "2028-08-30T15:20", "2028-08-31T22:00", "2028-09-30T20:00",
    "2028-10-14T02:00", "2028-10-28T23:30",
)  # fmt: skip


def starts(person: Person) -> datetime:
    """When its subscription begins: never between 06:00 and 15:00 in Greenwich."""
    number, late = person.number, len(_STARTS) - EARLY
    early = person.of_kind.fate or person.plan.months == 12 or number % 3 == 0
    return datetime.fromisoformat(_STARTS[number % EARLY if early else EARLY + number % late]).replace(tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Charge:
    """Of a user at the kerb, or at its own charger; in the morning, between 07:00 and 11:30."""

    day: int
    user: Person
    at_home: bool
    outlet: int
    start: datetime
    end: datetime
    kwh: int


def charges(dice: Random) -> Iterator[Charge]:
    """On every seventh day, at four outlets of the kerb, and at one home."""
    for day in (one for one in range(6, DAYS - 20, 7) if one not in OFF):
        living = [one for one in PEOPLE if starts(one) < BEGIN + day * DAY and one.kind in _CHARGING]
        for outlet, user in enumerate(dice.sample(living, min(4, len(living))), 1):
            yield _charge(dice, day, user, False, outlet)
        owners = [one for one in living if one.kind == "at home"]
        if owners and day % 2 == 0:
            yield _charge(dice, day, dice.choice(owners), True, 1)


_CHARGING = (
    "with energy", "by the year", "for nothing", "each time", "at home", "everywhere", "billed elsewhere",
    "of the old plan", "by card", "everywhere",
)  # fmt: skip


def _charge(dice: Random, day: int, user: Person, at_home: bool, outlet: int) -> Charge:
    start = BEGIN + day * DAY + 7 * HOUR + dice.randrange(60) * MINUTE
    end = BEGIN + day * DAY + 9 * HOUR + dice.randrange(140) * MINUTE
    most = int((end - start) / HOUR * KW)
    return Charge(day, user, at_home, outlet, start, end, min(dice.randrange(3, 19), most))
