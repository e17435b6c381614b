"""Payments of a session: by what is due and what was tried, how its money stands and what is to be done next.

One step at a time: while the outcome of one is not known nothing else is begun, so that whatever comes of it, in
whatever order, no more is collected than is due. Amounts are of the session's currency, in major units.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from ohmstead.kit.money import rounded

State = Literal["initialized", "pending", "authorized", "failed", "reversed", "finalized", "refunded"]
Status = Literal["pending", "paid", "partially", "failed"]
Reason = Literal[
    "nobody_to_bill",  # nobody is known who could pay
    "hold_used_up",  # it costs more than was held on the card of somebody without an account
    "no_payment_method",  # no means is left that could be used
    "below_minimum",  # what is open is less than the payment provider takes
    "insufficient_balance",
    "corporate_limit_reached",
    "no_exchange_rate",  # from its currency to that of balances
    "declined",
]
NOTHING = Decimal(0)
HOPELESS: frozenset[Reason] = frozenset({"nobody_to_bill", "hold_used_up", "below_minimum"})
"""Reasons that time does not change: nothing is tried again by itself."""


class Bill(Struct, frozen=True):
    """What a session costs, and what of that is not to be paid."""

    amount: Decimal
    discount: Decimal = NOTHING
    waived: Decimal = NOTHING

    @property
    def due(self) -> Decimal:
        """What is to be paid in all."""
        return max(NOTHING, self.amount - self.discount - self.waived)


class Payment(Struct, frozen=True, kw_only=True):
    """A transaction of the session. `under_way`: a capture or release was begun and its outcome is not known."""

    id: int
    state: State
    holds: bool = False  # it was placed before the price was known
    external: bool = False
    authorized: Decimal = NOTHING
    captured: Decimal = NOTHING
    refunded: Decimal = NOTHING
    refunding: Decimal = NOTHING  # of refunds whose outcome is not known
    under_way: bool = False
    means: str = ""
    round: int = 1
    accumulates: Decimal | None = None  # so much a subscription will pay with its next bill, which is not made yet

    @property
    def paid(self) -> Decimal:
        """Collected, and not given back."""
        return self.captured - self.refunded

    @property
    def is_open(self) -> bool:
        """What comes of it is not known, or others say: what was held outside is captured there."""
        if self.accumulates is not None:
            return False
        held = self.state == "authorized" and (self.under_way or self.external)
        return held or self.state in ("initialized", "pending")


class Way(Struct, frozen=True, kw_only=True):
    """A means that may be asked, in its turn."""

    means: str
    least: Decimal = NOTHING  # the smallest amount it takes
    most: Decimal | None = None  # what it has; it pays all that is open or nothing
    lacks: Reason = "insufficient_balance"  # said where it has too little
    discount: Decimal = NOTHING  # %, of what it pays


class Capture(Struct, frozen=True):
    """Take an amount of what a transaction holds; the rest of it is let go."""

    payment: int
    amount: Decimal


class Void(Struct, frozen=True):
    """Let go of what a transaction holds."""

    payment: int


class Refund(Struct, frozen=True):
    """Give back an amount of what a transaction collected."""

    payment: int
    amount: Decimal


class Adjust(Struct, frozen=True):
    """Have a subscription pay another amount with its next bill; nothing any more where that is 0."""

    payment: int
    amount: Decimal


class Pay(Struct, frozen=True):
    """Collect an amount by a means; it lets `discount` off besides."""

    means: str
    amount: Decimal
    discount: Decimal = NOTHING


Step = Capture | Void | Refund | Adjust | Pay


class Standing(Struct, frozen=True):
    """How the money of a session stands; what is to be done, None where there is nothing, or only to wait."""

    status: Status
    paid: Decimal
    reason: Reason | None = None
    step: Step | None = None

    @property
    def is_worth_another_round(self) -> bool:
        """Whether it may be paid some other day."""
        return self.reason is not None and self.reason not in HOPELESS


def wants_means(bill: Bill, payments: Sequence[Payment]) -> bool:
    """Whether `standing` has to know the means: something is due that nothing begun may still bring."""
    waits = any(one.is_open or one.state == "authorized" or one.accumulates is not None for one in payments)
    return not waits and sum((one.paid for one in payments), NOTHING) < bill.due


def standing(
    bill: Bill, payments: Sequence[Payment], ways: Sequence[Way], turn: int, *, anybody: bool = True, places: int = 2
) -> Standing:
    """How it stands, by the transactions in the order they were made. `ways`: the means in turn, each of which is asked
    once in the round `turn`; `anybody`: whether a user is to pay; `places`: the decimals of the currency."""
    paid = sum((one.paid for one in payments), NOTHING)
    missing = bill.due - paid
    if any(one.is_open for one in payments):
        return Standing("pending" if missing > 0 else "paid", paid)
    hold = next((one for one in payments if one.state == "authorized"), None)
    if hold is not None:
        step = Capture(hold.id, min(missing, hold.authorized)) if missing > 0 else Void(hold.id)
        return Standing("pending" if missing > 0 else "paid", paid, step=step)
    accumulated = next((one for one in payments if one.accumulates is not None), None)
    if accumulated is not None:
        wanted = max(NOTHING, missing)
        step = None if accumulated.accumulates == wanted else Adjust(accumulated.id, wanted)
        return Standing("pending" if missing > 0 else "paid", paid, step=step)
    if missing <= 0:
        return Standing("paid", paid, step=_refund(payments, -missing))
    return _collected(payments, ways, turn, paid, missing, anybody, places)


def _refund(payments: Sequence[Payment], excess: Decimal) -> Refund | None:
    """Of the newest first. What was paid outside is not ours to give back."""
    excess -= sum((one.refunding for one in payments), NOTHING)
    for one in reversed(payments):
        left = one.paid - one.refunding
        if excess > 0 and left > 0 and not one.external:
            return Refund(one.id, min(excess, left))
    return None


def _collected(
    payments: Sequence[Payment], ways: Sequence[Way], turn: int, paid: Decimal, missing: Decimal, anybody: bool,
    places: int,
) -> Standing:  # fmt: skip
    refused = [one for one in payments if one.state == "failed" and not one.holds and one.round == turn]
    tried = {one.means for one in refused}
    reasons: list[Reason] = ["declined"] if refused else []
    for way in ways:
        if way.means in tried:
            continue
        discount = rounded(missing * way.discount / 100, places)
        amount = missing - discount
        if amount > 0 and amount < way.least:
            reasons.append("below_minimum")
        elif way.most is not None and amount > way.most:
            reasons.append(way.lacks)
        else:
            return Standing("pending", paid, step=Pay(way.means, amount, discount))
    return Standing("partially" if paid > 0 else "failed", paid, _why(payments, reasons, anybody))


def _why(payments: Sequence[Payment], reasons: Sequence[Reason], anybody: bool) -> Reason:
    if anybody:
        said: list[Reason] = [*(one for one in reasons if one not in HOPELESS), *reasons, "no_payment_method"]
        return said[0]
    if any(one.holds and one.captured > 0 for one in payments):
        return "hold_used_up"
    return "declined" if any(one.holds for one in payments) else "nobody_to_bill"
