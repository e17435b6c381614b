"""A quarter of charging: two hundred users with all kinds of means to pay, what they charge, and what is done about the
money of it afterwards. Nothing here is asked of the product."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Literal, NamedTuple

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BEGIN, DAYS = datetime(2026, 3, 2, tzinfo=UTC), 90
SUMMER = datetime(2026, 3, 29, 1, tzinfo=UTC)  # from when Berlin is two hours ahead, not one
LAST = 78  # on which somebody charges; retries end within the quarter
OFF = (43, 44)  # nothing runs
RATE_FROM, SEK = 30, Decimal("0.09")  # the day on which a Swedish krona becomes worth so many euros

Zone = Literal["kerb", "hub", "sweden", "norway"]


class Prices(NamedTuple):
    """Of a kWh, and what is held: of a user's card, and of somebody's without an account."""

    currency: str
    kwh: Decimal
    outlets: int
    hold: int | None = None
    ad_hoc: int | None = None


ZONES: dict[Zone, Prices] = {
    "kerb": Prices("EUR", Decimal("0.5"), 5),
    "hub": Prices("EUR", Decimal("1.5"), 3, 20, 30),
    "sweden": Prices("SEK", Decimal(5), 1),
    "norway": Prices("NOK", Decimal(6), 1),  # of which there is no rate
}


class Kind(NamedTuple):
    """Of users: their cards, the default first, what their tags ask for, and whether their money comes in the end."""

    count: int
    cards: tuple[str, ...] = ()
    wish: str | None = None
    open: str | None = None  # why it does not


GOOD, REFUSED = "4242424242424242", "4000000000000341"
KINDS: dict[str, Kind] = {
    "good": Kind(40, (GOOD,)),
    "late": Kind(16, ("4000000000005001",)),
    "late capture": Kind(10, ("4000000000005019",)),
    "late, and declined": Kind(8, ("4000000000005027",), open="declined"),
    "declined": Kind(16, (REFUSED,), open="declined"),
    "without funds": Kind(8, ("4000008260003178",), open="declined"),
    "silent hold": Kind(10, ("4000000000006009",)),
    "silent capture": Kind(10, ("4000000000006017",)),
    "silent refund": Kind(8, ("4000000000006025",)),
    "balance": Kind(30, (), "balance"),
    "kroner": Kind(8, (), "balance"),
    "small account": Kind(12, (), "corporate:101", open="corporate_limit_reached"),
    "account": Kind(8, (), "corporate:102"),
    "several": Kind(10, (REFUSED, GOOD), "auto"),
    "last resort": Kind(6, (REFUSED,), "auto"),  # and 300.00 on the balance
}
ACCOUNTS = {101: {"discount": 15, "monthlyLimit": 20}, 102: {"discount": 7.5}}
AT_HUB = ("good", "late", "late capture", "late, and declined", "declined", "silent hold", "silent capture", "several")


class Person(NamedTuple):
    """A user, by number from 0."""

    number: int
    kind: str

    @property
    def of_kind(self) -> Kind:
        return KINDS[self.kind]


PEOPLE = [Person(number, kind) for number, kind in enumerate(k for k, of in KINDS.items() for _ in range(of.count))]
HEALED, HEALED_FROM = [one for one in PEOPLE if one.kind == "declined" and one.number % 4 == 0], 50
"""Who has a good card from a day on, on which all that is open is tried again."""


@dataclass(frozen=True, eq=False)
class Charge:
    """Of somebody whose tag is known, of a stranger (`user` is None) or, `ad_hoc`, of one with a hold."""

    day: int
    zone: Zone
    outlet: int
    user: Person | None
    start: datetime
    end: datetime
    kwh: int
    ad_hoc: bool = False

    @property
    def price(self) -> Decimal:
        return self.kwh * ZONES[self.zone].kwh

    @property
    def currency(self) -> str:
        return ZONES[self.zone].currency


class Deed(NamedTuple):
    """What is done at 18:00 of a day about a charge that is over, or of its own day at once: `what`, with an amount."""

    day: int
    what: Literal["refund", "waive", "paid outside", "new price", "refund and new price"]
    charge: Charge
    amount: Decimal | None = None  # without one all of it


def cents(amount: Decimal) -> Decimal:
    """Rounded as money is."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def offset(at: datetime) -> timedelta:
    """Of Berlin."""
    return 2 * HOUR if at >= SUMMER else HOUR


def charges(dice: Random) -> Iterator[Charge]:
    """On two days of three; on the third nobody charges."""
    for day in (one for one in range(LAST) if one % 3 < 2):
        free = dice.sample(PEOPLE, len(PEOPLE))
        for zone, prices in ZONES.items():
            if zone == "sweden" and 16 <= day <= 20:
                continue  # whose last retry would come with the rate
            for outlet in range(1, prices.outlets + 1):
                yield _charge(dice, day, zone, outlet, free)


def _charge(dice: Random, day: int, zone: Zone, outlet: int, free: list[Person]) -> Charge:
    start = BEGIN + day * DAY + 7 * HOUR + dice.randrange(180) * MINUTE
    end = BEGIN + day * DAY + 13 * HOUR + dice.randrange(240) * MINUTE
    ad_hoc = zone == "hub" and outlet == 1
    stranger = ad_hoc or (zone == "kerb" and outlet == 1 and day % 6 == 0)
    user = None if stranger else next(one for one in free if _goes_to(one, zone, day))
    if user is not None:
        free.remove(user)
    return Charge(day, zone, outlet, user, start, end, dice.randrange(4, 23), ad_hoc)


def _goes_to(user: Person, zone: Zone, day: int) -> bool:
    if zone == "kerb":
        return user.kind != "kroner"
    if zone == "hub":
        return user.kind in AT_HUB
    return user.kind == ("kroner" if day % 2 else "good")


def deeds(dice: Random, all_charges: list[Charge]) -> Iterator[Deed]:
    """At most one about a charge, some days after it, when its money has come, or has not."""
    for charge in all_charges:
        day, euros = charge.day + dice.randrange(2, 6), charge.currency == "EUR"
        luck, kind = dice.random(), charge.user.kind if charge.user else "nobody"
        if at_once := _at_once(dice, charge, kind):
            yield at_once
            continue
        if day in OFF or not euros or kind in ("kroner", "small account") or charge.user in HEALED:
            continue
        if kind == "nobody" and not charge.ad_hoc:
            if luck < 0.5:
                yield Deed(day, "paid outside", charge)
        elif KINDS[kind].open if charge.user else False:
            if luck < 0.2:
                yield Deed(day, "waive", charge, Decimal("1.25") if luck < 0.1 else None)
            elif luck < 0.4:
                yield Deed(day, "paid outside", charge)
            elif luck < 0.5:
                yield Deed(day, "new price", charge, charge.price + 1)
        elif luck < 0.12:
            yield Deed(day, "refund", charge, Decimal("1.50") if luck < 0.08 else None)
        elif luck > 0.92 and charge.user and charge.user.of_kind.cards and kind != "last resort":
            yield Deed(day, "refund and new price", charge, charge.price - 1)
        elif luck < 0.24:
            less = [Decimal(0), cents(charge.price / 3), charge.price - 1]
            more = [] if kind == "account" else [charge.price + 2]
            yield Deed(day, "new price", charge, dice.choice(less + more))


def _at_once(dice: Random, charge: Charge, kind: str) -> Deed | None:
    """What comes between a charge's end and the calls that collect its price."""
    luck = dice.random()
    if charge.currency != "EUR" or charge.user in HEALED or kind == "small account" or luck > 0.12:
        return None
    if luck < 0.04 and charge.user is not None and charge.user.of_kind.cards and kind != "last resort":
        return Deed(charge.day, "paid outside", charge)
    less = [Decimal(0), charge.price - 1] if not charge.user or not charge.user.of_kind.open else []
    more = [] if kind == "account" else [charge.price + 3]
    return Deed(charge.day, "new price", charge, dice.choice([*less, *more]))
