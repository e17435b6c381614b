"""The books of a quarter as somebody would keep them by hand: what each charge costs and has to have brought, and what
is on each balance, voucher by voucher."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tests.rooms.billing.quarter_plan import (
    ACCOUNTS,
    BEGIN,
    DAY,
    HEALED,
    RATE_FROM,
    SEK,
    ZONES,
    Charge,
    Person,
    cents,
    offset,
)  # fmt: skip

ZERO = Decimal(0)


@dataclass
class Slip:
    """A voucher that somebody has."""

    amount: Decimal
    left: Decimal
    expires: datetime | None
    gave: dict[Charge, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def lasts(self) -> tuple[bool, datetime]:
        return self.expires is None, self.expires or BEGIN


@dataclass
class Purse:
    """A balance; below 0 it is owed."""

    slips: list[Slip] = field(default_factory=list)
    balance: Decimal = ZERO

    def gets(self, amount: Decimal, last_day: int | None = None) -> None:
        """A voucher, good until the end of a day in Berlin."""
        midnight = None if last_day is None else BEGIN + (last_day + 1) * DAY
        expires = None if midnight is None else midnight - offset(midnight)
        self.slips.append(Slip(amount, amount - min(amount, max(ZERO, -self.balance)), expires))
        self.balance += amount

    def becomes(self, now: datetime) -> None:
        """What has expired is gone."""
        for slip in self.slips:
            if slip.expires is not None and slip.expires <= now:
                self.balance -= slip.left
                slip.left = ZERO

    def pays(self, now: datetime, amount: Decimal, charge: Charge | None = None) -> None:
        self.becomes(now)
        self.balance -= amount
        for slip in sorted(self.slips, key=Slip.lasts):
            part = min(slip.left, amount)
            slip.left, amount = slip.left - part, amount - part
            if charge is not None:
                slip.gave[charge] += part

    def has_back(self, now: datetime, amount: Decimal, charge: Charge) -> None:
        """The slips that gave have it again, the longest lasting first; what they cannot take is a new one."""
        self.becomes(now)
        before, self.balance = self.balance, self.balance + amount
        rest = max(ZERO, self.balance) - max(ZERO, before)
        for slip in sorted(self.slips, key=Slip.lasts)[::-1]:
            room = min(slip.gave[charge], slip.amount - slip.left)
            if slip.expires is None or slip.expires > now:
                part = min(room, rest)
                slip.left, rest = slip.left + part, rest - part
        if rest:
            self.slips.append(Slip(rest, rest, None))


@dataclass
class Account:
    """What a charge costs, and what of that does not have to be paid."""

    price: Decimal
    highest: Decimal  # that it was
    given_back: Decimal = ZERO  # by the operator
    given_up: Decimal = ZERO
    discount: Decimal = ZERO
    outside: bool = False
    held: Decimal | None = None  # what a hold of nobody's brought

    @property
    def due(self) -> Decimal:
        return self.price - self.given_back - self.given_up - self.discount


class Books:
    """All of them."""

    def __init__(self) -> None:
        self.accounts: dict[Charge, Account] = {}
        self.purses: dict[Person, Purse] = defaultdict(Purse)

    def billed(self, now: datetime, charge: Charge) -> None:
        account = self.accounts[charge] = Account(charge.price, charge.price)
        if charge.ad_hoc:
            account.held = min(charge.price, Decimal(ZONES[charge.zone].ad_hoc or 0))
        elif charge.user is not None and charge.user.kind in ("balance", "last resort"):
            self.purses[charge.user].pays(now, charge.price, charge)
        elif charge.user is not None and charge.user.kind == "account":
            account.discount = cents(charge.price * Decimal(ACCOUNTS[102]["discount"]) / 100)

    def changes(self, now: datetime, charge: Charge, price: Decimal) -> None:
        account = self.accounts[charge]
        before, account.price, account.highest = account.price, price, max(account.highest, price)
        account.discount = cents(price * account.discount / before)
        if account.held is not None:
            account.held = min(account.held, price)
        elif charge.user is not None and charge.user.kind in ("balance", "last resort"):
            purse = self.purses[charge.user]
            if price < before:
                purse.has_back(now, before - price, charge)
            else:
                purse.pays(now, price - before, charge)

    def refunds(self, now: datetime, charge: Charge, amount: Decimal) -> None:
        account = self.accounts[charge]
        account.given_back += amount
        if account.held is not None:
            account.held -= amount
        elif charge.user is not None and charge.user.kind in ("balance", "last resort"):
            self.purses[charge.user].has_back(now, amount, charge)

    def end(self, charge: Charge) -> tuple[str, str | None, Decimal]:
        """The status of its payment, why it is open, and what came of it; of the small account see the test."""
        account = self.accounts[charge]
        if account.held is not None:
            if account.held == account.due:
                return "paid", None, account.held
            return "partially" if account.held else "failed", "hold_used_up", account.held
        if account.outside or account.due == 0 or charge.user in HEALED:
            return "paid", None, account.due
        if charge.user is None:
            return "failed", "nobody_to_bill", ZERO
        if charge.user.kind == "kroner" and not exchanged(charge):
            return "failed", "no_exchange_rate", ZERO
        why = charge.user.of_kind.open
        return ("failed", why, ZERO) if why else ("paid", None, account.due)

    def kroner(self, user: Person) -> Decimal:
        """What is on the balance of one who charges in Sweden."""
        theirs = [one for one in self.accounts if one.user == user and exchanged(one)]
        return -sum((cents(one.price * SEK) for one in theirs), ZERO)


def exchanged(charge: Charge) -> bool:
    """Whether there was a rate at the charge's end, or when it was tried again for the last time: 11 days later."""
    return charge.currency == "SEK" and charge.day + 11 >= RATE_FROM
