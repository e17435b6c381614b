"""Payments of a session: whatever the bank says and whenever it says it, no more is collected than is due, each means
is asked once, and in the end it is paid or open with a reason."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, structs

from ohmstead.engines.session_payments import (
    Adjust,
    Bill,
    Capture,
    Pay,
    Payment,
    Refund,
    Standing,
    Void,
    Way,
    standing,
    wants_means,
)

_cents = st.integers(0, 4000).map(lambda cents: Decimal(cents) / 100)


class Source(Struct, frozen=True):
    """A means, and what its bank thinks of it."""

    way: Way
    is_card: bool
    accepts: bool


class World:
    """Carries out the steps, as banks do: each outcome is known some time after it was asked for."""

    def __init__(self, due: Decimal, holds: list[tuple[Decimal, bool]], sources: list[Source]) -> None:
        self.due, self.sources, self.round = due, sources, 1
        self.payments: list[Payment] = []
        self.asked: list[tuple[int, str]] = []
        self.late: list[tuple[int, dict[str, Any]]] = []  # outcomes that are on their way
        for amount, accepted in holds:
            self._tried("a hold", amount, accepted, holds=True)

    @property
    def paid(self) -> Decimal:
        return sum((one.paid for one in self.payments), Decimal(0))

    def look(self) -> Standing:
        """What the engine says, done."""
        found = standing(Bill(self.due), self.payments, [one.way for one in self.sources], self.round)
        match found.step:
            case Capture(key, amount):
                assert 0 < amount <= self.payments[key].authorized
                self._change(key, under_way=True)
                self.late.append((key, {"state": "finalized", "captured": amount}))
            case Void(key):
                self._change(key, under_way=True)
                self.late.append((key, {"state": "reversed"}))
            case Refund(key, amount):
                one = self.payments[key]
                assert 0 < amount <= one.paid - one.refunding
                self._change(key, refunding=one.refunding + amount)
                self.late.append((key, {"given_back": amount}))
            case Pay(means, amount):
                self._pay(means, amount)
        return found

    def told(self, place: int) -> None:
        """One of the outcomes arrives; of refunds others of the same payment may have come before it."""
        key, outcome = self.late.pop(place)
        if amount := outcome.get("given_back"):
            one = self.payments[key]
            outcome = {"refunding": one.refunding - amount, "refunded": one.refunded + amount}
        self._change(key, outcome)

    def _pay(self, means: str, amount: Decimal) -> None:
        source = next(one for one in self.sources if one.way.means == means)
        assert amount >= source.way.least
        assert source.way.most is None or amount <= source.way.most
        self.asked.append((self.round, means))
        if source.is_card:
            self._tried(means, amount, source.accepts)
        else:
            key = len(self.payments)
            self.payments.append(Payment(id=key, state="finalized", means=means, captured=amount, round=self.round))

    def _tried(self, means: str, amount: Decimal, accepted: bool, holds: bool = False) -> None:
        key = len(self.payments)
        self.payments.append(Payment(id=key, state="initialized", means=means, holds=holds, round=self.round))
        self.late.append((key, {"state": "authorized", "authorized": amount} if accepted else {"state": "failed"}))

    def _change(self, key: int, changes: dict[str, Any] | None = None, **more: Any) -> None:
        changes = (changes or {}) | more
        if changes.get("state") in ("finalized", "reversed"):
            changes["under_way"] = False
        self.payments[key] = structs.replace(self.payments[key], **changes)


def _sources(rows: list[tuple[bool, bool, Decimal]]) -> list[Source]:
    """Cards, which take what is at least so much, and balances, which have at most so much."""
    return [
        Source(Way(means=f"{n}", **({"least": amount} if is_card else {"most": amount})), is_card, accepts)  # type: ignore[arg-type]
        for n, (is_card, accepts, amount) in enumerate(rows)
    ]


_some_sources = st.lists(st.tuples(st.booleans(), st.booleans(), _cents), max_size=4).map(_sources)
_some_holds = st.lists(st.tuples(_cents.filter(bool), st.booleans()), max_size=2)


def run(world: World, data: st.DataObject) -> Standing:
    """Until nothing is to be done or waited for: outcomes in any order, the engine asked any number of times; none is
    late for ever."""
    for look in range(60):
        if world.late and (look >= 30 or data.draw(st.booleans())):
            world.told(data.draw(st.integers(0, len(world.late) - 1)))
        found = world.look()
        assert world.paid <= world.due
        assert (found.status == "paid") == (found.paid >= world.due)
        if not world.late and found.step is None:
            return found
    raise AssertionError("it does not come to an end")


def expected(due: Decimal, holds: list[tuple[Decimal, bool]], sources: list[Source]) -> Decimal:
    """What is collected in the end: what is held, then all the rest by the first means that can give it."""
    held = min(due, sum((amount for amount, accepted in holds if accepted), Decimal(0)))
    rest = due - held
    for one in sources:
        if one.is_card and one.accepts and rest >= one.way.least:
            return due
        if not one.is_card and one.way.most is not None and rest <= one.way.most:
            return due
    return held


@settings(max_examples=150)
@given(due=_cents, holds=_some_holds, sources=_some_sources, data=st.data())
def test_what_can_be_collected_is_and_no_more(
    due: Decimal, holds: list[tuple[Decimal, bool]], sources: list[Source], data: st.DataObject
) -> None:
    world = World(due, holds, sources)
    found = run(world, data)
    assert world.paid == expected(due, holds, sources)
    assert len(world.asked) == len(set(world.asked))
    assert (found.status == "paid") == (world.paid == due)
    assert (found.reason is None) == (found.status == "paid")
    assert found.status != "failed" or world.paid == 0
    assert all(one.state not in ("initialized", "authorized") for one in world.payments)


@settings(max_examples=100)
@given(dues=st.lists(_cents, min_size=2, max_size=4), holds=_some_holds, sources=_some_sources, data=st.data())
def test_a_price_that_changes_is_followed_up_and_down(
    dues: list[Decimal], holds: list[tuple[Decimal, bool]], sources: list[Source], data: st.DataObject
) -> None:
    """It may change while something is on its way: what is too much by then goes back."""
    card = Source(Way(means="good"), is_card=True, accepts=True)
    world = World(dues[0], holds, [*sources, card])
    highest = dues[0]
    for due in dues[1:]:
        for _ in range(data.draw(st.integers(0, 6))):
            if world.late and data.draw(st.booleans()):
                world.told(data.draw(st.integers(0, len(world.late) - 1)))
            world.look()
            assert world.paid <= highest
        world.due, world.round, highest = due, world.round + 1, max(highest, due)
    for _ in range(80):
        found = world.look()
        if world.late:
            world.told(data.draw(st.integers(0, len(world.late) - 1)))
        elif found.step is None:
            break
    assert (world.paid, found.status) == (world.due, "paid")


@given(due=_cents.filter(bool), late=st.booleans())
def test_what_turns_out_to_have_been_collected_after_all_goes_back(due: Decimal, late: bool) -> None:
    payments = [
        Payment(id=0, state="finalized" if late else "failed", captured=due if late else Decimal(0), means="1"),
        Payment(id=1, state="finalized", captured=due, means="2"),
    ]
    found = standing(Bill(due), payments, (), 1)
    assert (found.status, found.step) == ("paid", Refund(1, due) if late else None)


class Accumulating:
    """A session that a subscription pays: what it costs may change, and bills are made and paid, at any time."""

    def __init__(self) -> None:
        self.due, self.payments = Decimal(0), list[Payment]()

    def look(self) -> Standing:
        """Until nothing more is to be done."""
        ways = [Way(means="subscription_installment:7")]
        for _ in range(6):
            found = standing(Bill(self.due), self.payments, ways, 1)
            assert not wants_means(Bill(self.due), self.payments) or isinstance(found.step, Pay)
            match found.step:
                case None:
                    return found
                case Pay(means, amount):
                    self._new(means, amount)
                case Adjust(key, amount):
                    assert self.payments[key].accumulates is not None, "what is billed stays as it is"
                    nothing: dict[str, Any] = {"accumulates": None, "state": "reversed"}
                    self._change(key, **({"accumulates": amount} if amount else nothing))
                case Refund(key, amount):
                    self._change(key, refunded=self.payments[key].refunded + amount)
                case other:
                    raise AssertionError(other)
        raise AssertionError("it does not come to an end")

    def billed(self) -> None:
        """What is accumulated is on a bill, whose outcome is not known."""
        for key, one in enumerate(self.payments):
            if one.accumulates is not None:
                self._change(key, accumulates=None, authorized=one.accumulates)

    def bill_paid(self) -> None:
        for key, one in enumerate(self.payments):
            if one.is_open:
                self._change(key, state="finalized", captured=one.authorized)

    @property
    def accumulated(self) -> Decimal:
        return sum((one.accumulates or Decimal(0) for one in self.payments), Decimal(0))

    def _new(self, means: str, amount: Decimal) -> None:
        self.payments.append(Payment(id=len(self.payments), state="pending", means=means, accumulates=amount))

    def _change(self, key: int, **changes: Any) -> None:
        self.payments[key] = structs.replace(self.payments[key], **changes)


@given(steps=st.lists(st.one_of(_cents, st.sampled_from(["billed", "bill_paid"])), max_size=12))
def test_what_a_subscription_pays_is_what_is_due_however_prices_and_bills_come(steps: list[Decimal | str]) -> None:
    world = Accumulating()
    for step in steps:
        if isinstance(step, Decimal):
            world.due = step
        else:
            getattr(world, step)()
        found = world.look()
        under_way = any(one.is_open for one in world.payments)
        paid = sum((one.paid for one in world.payments), Decimal(0))
        assert under_way or paid + world.accumulated == world.due
        assert sum(one.accumulates is not None for one in world.payments) <= 1
        assert (found.status == "paid") == (paid >= world.due)
    for finish in (world.bill_paid, world.billed, world.bill_paid):
        finish()
        found = world.look()
    assert (found.status, found.paid, world.accumulated) == ("paid", world.due, 0)


def test_what_is_accumulated_follows_the_price_until_it_is_billed() -> None:
    item = Payment(id=4, state="pending", accumulates=Decimal(5))
    assert standing(Bill(Decimal(5)), [item], (), 1) == Standing("pending", Decimal(0))
    assert standing(Bill(Decimal(3)), [item], (), 1).step == Adjust(4, Decimal(3))
    assert standing(Bill(Decimal(9), waived=Decimal(9)), [item], (), 1).step == Adjust(4, Decimal(0))
    held = Payment(id=5, state="authorized", holds=True, authorized=Decimal(2))
    assert standing(Bill(Decimal(5)), [item, held], (), 1).step == Capture(5, Decimal(2)), "money that is there first"
    billed = structs.replace(item, accumulates=None)
    assert standing(Bill(Decimal(3)), [billed], (), 1) == Standing("pending", Decimal(0))


def test_a_discount_is_of_what_its_means_pays() -> None:
    account = Way(means="corporate:3", discount=Decimal(15))
    found = standing(Bill(Decimal("10.10")), (), [account], 1)
    assert found.step == Pay("corporate:3", Decimal("8.58"), Decimal("1.52"))
    whole = Way(means="corporate:3", discount=Decimal(100))
    assert standing(Bill(Decimal(5)), (), [whole], 1).step == Pay("corporate:3", Decimal(0), Decimal(5))


def test_reasons() -> None:
    def reason(ways: list[Way], payments: tuple[Payment, ...] = (), anybody: bool = True) -> str | None:
        return standing(Bill(Decimal(5)), payments, ways, 1, anybody=anybody).reason

    small, poor = Way(means="1", least=Decimal(6)), Way(means="balance", most=Decimal(4))
    refused = Payment(id=0, state="failed", means="2")
    used_up = Payment(id=0, state="finalized", holds=True, authorized=Decimal(4), captured=Decimal(4))
    assert reason([]) == "no_payment_method"
    assert (reason([small]), reason([small, poor])) == ("below_minimum", "insufficient_balance")
    assert reason([Way(means="2")], (refused,)) == "declined"
    assert reason([], (), anybody=False) == "nobody_to_bill"
    assert reason([], (used_up,), anybody=False) == "hold_used_up"
    assert reason([], (structs.replace(refused, holds=True),), anybody=False) == "declined"
    outside = Payment(id=0, state="finalized", external=True, captured=Decimal(9))
    assert standing(Bill(Decimal(5)), [outside], (), 1).step is None
