"""The pre-authorisation is too small (E9 of money.md), with its figures: 0.59 a kWh, 30.00 held of who has no account,
stopped where less than 2.00 is left; the station takes its time."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.kit.db import Database, Row, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.rooms.billing.gateways.gateway import Money, Outcome
from ohmstead.rooms.billing.gateways.outcomes import EVENT, apply
from ohmstead.rooms.billing.methods.means import Means
from ohmstead.rooms.billing.sessions.hold_upkeep import HoldUpkeep
from ohmstead.rooms.billing.sessions.holds import NeededHold, PlacedHold, place_hold
from ohmstead.rooms.billing.sessions.running_limits import RunningLimits
from ohmstead.rooms.billing.transactions.states import transaction
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.charging.control import OrderedStops, Refusal, start
from ohmstead.rooms.charging.control.checks import place as place_of
from ohmstead.rooms.charging.control.orders import Order
from ohmstead.rooms.charging.tags import remote_tag
from ohmstead.rooms.devices.stations import RemoteStart, RemoteStop
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.till import REFUSED, SILENT_HOLD, Till
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.charges import Gateway
from tests.rooms.prices import place

AD_HOC = {"adHocPreAuthorizeAmount": 30, "adHocStopWhenPreAuthorizedAmountFallsBelow": 2}
KWH = 60 / 11
"""Minutes, at 11 kW."""


@dataclass
class Charge(Till):
    """A charge of the example, at a station that does as its script says."""

    gateway: Gateway
    session: int = 0
    transaction: int = 0

    async def begins(self, user_id: int | None, wish: str | None = None, hold: PlacedHold | None = None) -> Any:
        """Through the API; why it does not."""

        async def there(tx: Tx) -> Row:
            found = await place_of(tx, self.there.here.evses[0])
            assert found is not None
            return found

        order = Order(user_id=user_id, payment_method_id=wish) if user_id else Order()
        noted, refused = await start(self.system.database, order, there, "admin", hold=hold)
        if noted is None or refused is not None:
            return refused
        self.session = noted.session_id
        self.transaction = await self.there.starts(0, 0, 1, remote_tag(noted.session_id))
        await self.pays()
        return None

    async def held(self) -> int:
        """30.00 on the card of somebody without an account; the transaction."""
        card = await self.card(None)
        means = Means(id=str(card), type="tokenized", name="card", method_id=card, gateway="embedded")
        row = await place_hold(
            self.system.database, means=means, money=Money(Decimal(30), "EUR"), user_id=None, session_id=None,
            partner_id=None,
        )  # fmt: skip
        assert row["status"] == "authorized"
        return row["id"]

    async def looks_after_holds(self) -> int:
        """How many are let go of, or captured."""
        await self.there.settled()
        ended = await HoldUpkeep(self.system.database, self.system.clock).look()
        await self.pays()
        return ended

    async def reads(self, kwh: float) -> bool:
        """Its register is read, its price told, and looked whether it is to be stopped: whether its station was asked
        to."""
        await self.there.reads(self.transaction, (kwh * KWH, kwh * 1000))
        await self.there.running.price()
        await RunningLimits(self.system.database, self.system.clock).look()
        return await self.is_asked()

    async def is_asked(self) -> bool:
        """Whether the station is asked to stop it."""
        work = OrderedStops(self.system.database, self.system.clock)
        await work.start_due()
        await work.settled()
        return any(isinstance(command, RemoteStop) for _, command in self.gateway.commands)

    async def stops(self, kwh: float) -> None:
        await self.there.stops(self.transaction, kwh * KWH, round(kwh * 1000), reason="Remote")
        await self.pays()


@pytest.fixture
async def charge(api: Client, given: Given, gateway: Gateway) -> Charge:
    there = await place(api, given)
    tariff = await there.tariff(pricePerKwh=0.59, preAuthorizeAmount=30, restrictions=AD_HOC)
    await there.charges_by(tariff)
    await there.here.status("preparing")
    return Charge(there, gateway)


async def receipts(charge: Charge) -> list[tuple[Any, ...]]:
    shown = (await charge.there.api.get("/resources/receipts/v2.0")).data
    return [(one["userId"], one["totalAmount"], one["paymentStatus"]) for one in shown]


async def test_a_hold_of_nobodys_account_is_used_up(charge: Charge) -> None:
    assert await charge.begins(None, hold=PlacedHold(await charge.held())) is None
    assert (await charge.there.shown(charge.session))["paymentType"] == "tokenized"
    assert not await charge.reads(47.4)
    assert (await charge.there.amount(charge.session)) == 27.97
    assert await charge.reads(47.5)
    assert (await charge.there.amount(charge.session)) == 28.03
    await charge.stops(52.0)
    shown = await charge.there.shown(charge.session)
    assert (shown["reason"], shown["amount"]) == ("authorization_amount_reached", 30.68)
    assert (shown["paymentStatus"], shown["billingStatus"]) == ("partially", "completed")
    assert await receipts(charge) == [(None, 30.0, "partially_paid")]
    assert await charge.sums(charge.session) == [("finalized", "30.00", "30.00")]
    bill = await charge.bill(charge.session)
    assert (bill["paid"], bill["reason"], bill["due_at"]) == (30, "hold_used_up", None)
    assert await charge.owed() == {0: Decimal("0.68")}
    body = {"reason": "kind", "key": "k"}
    assert (await charge.there.api.post(f"/internal/sessions/v1.0/{charge.session}/waive", body)).status == 200
    await charge.pays()
    assert await receipts(charge) == [(None, 30.0, "paid")]


async def test_a_stored_card_pays_the_rest_as_well(charge: Charge) -> None:
    user, _ = await charge.user()
    card = str(await charge.card(user))
    assert await charge.begins(user, card) is None
    assert [row["status"] for row in await charge.transactions(charge.session)] == ["authorized"]
    assert not await charge.reads(47.5)
    await charge.stops(52.0)
    assert await charge.sums(charge.session) == [("finalized", "30.00", "30.00"), ("finalized", "0.68", "0.68")]
    assert (await charge.there.shown(charge.session))["paymentStatus"] == "paid"
    assert await charge.owed() == {}


async def test_a_rest_below_the_least_that_the_gateway_takes_stays_open(charge: Charge) -> None:
    user, _ = await charge.user()
    assert await charge.begins(user, str(await charge.card(user))) is None
    await charge.stops(51.0)  # 30.09
    bill = await charge.bill(charge.session)
    assert (bill["status"], bill["reason"], bill["due_at"]) == ("partially", "below_minimum", None)


async def test_no_session_begins_on_a_hold_that_is_refused(charge: Charge) -> None:
    user, _ = await charge.user()
    refused = await charge.begins(user, str(await charge.card(user, REFUSED)))
    assert refused.code == "CANNOT_BILL_PAYMENT_METHOD"
    assert await charge.there.here.sessions() == []
    assert not any(isinstance(command, RemoteStart) for _, command in charge.gateway.commands)


async def test_what_its_station_began_is_stopped_where_the_hold_is_refused(charge: Charge) -> None:
    user, tag = await charge.user()
    await charge.card(user, REFUSED)
    charge.transaction = await charge.there.starts(0, 0, 1, tag)
    await charge.pays()
    assert await charge.is_asked()
    await charge.stops(0.1)
    shown = await charge.there.shown(1)
    assert (shown["reason"], shown["amount"]) == ("pre_authorization_failed", 0.06)


async def test_what_its_station_began_is_charged_on_the_card_that_is_good(charge: Charge) -> None:
    user, tag = await charge.user()
    good, _ = await charge.card(user), await charge.card(user, REFUSED, is_default=True)
    charge.transaction = await charge.there.starts(0, 0, 1, tag)
    await charge.pays()
    assert not await charge.is_asked()
    await charge.stops(20)
    assert await charge.sums() == [("failed", "30.00", "0.00"), ("finalized", "30.00", "11.80")]
    assert (await charge.there.shown(1))["paymentMethodId"] == str(good)


async def test_a_hold_is_let_go_where_its_station_refuses(charge: Charge) -> None:
    user, _ = await charge.user()
    charge.gateway.answer = "Rejected"
    refused = await charge.begins(user, str(await charge.card(user)))
    assert refused.code == "INTERNAL_ISSUE"
    assert await charge.looks_after_holds() == 1
    assert await charge.sums() == [("reversed", "0.00", "0.00")]
    assert await charge.looks_after_holds() == 0


async def test_a_hold_without_a_session_is_let_go_after_a_while(charge: Charge) -> None:
    held = await charge.held()
    assert await charge.looks_after_holds() == 0
    await charge.there.time(11)
    assert await charge.looks_after_holds() == 1
    async with charge.system.database.read() as tx:
        assert (await transaction(tx, held))["status"] == "reversed"
    with pytest.raises(Conflict):
        await charge.begins(None, hold=PlacedHold(held))


async def test_a_hold_that_grows_old_is_captured_with_what_is_due_by_then(charge: Charge) -> None:
    assert await charge.begins(None, hold=PlacedHold(await charge.held())) is None
    assert not await charge.reads(10)
    await charge.there.time(6 * 24 * 60 + 1)
    assert await charge.looks_after_holds() == 1
    assert await charge.sums() == [("finalized", "30.00", "5.90")]
    assert await charge.is_asked()
    await charge.there.stops(charge.transaction, 6 * 24 * 60 + 2, 11_000)
    await charge.pays()
    bill = await charge.bill()
    assert (bill["status"], bill["reason"], bill["amount"] - bill["paid"]) == (
        "partially", "hold_used_up", Decimal("0.59"),
    )  # fmt: skip


async def test_what_changed_while_it_was_held_is_seen_and_the_hold_let_go(
    charge: Charge, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, _ = await charge.user()
    _, other = await charge.user("balance")
    place = NeededHold.place

    async def placed_late(hold: NeededHold, database: Database) -> Refusal | None:
        await charge.there.starts(0, 0, 1, other)
        return await place(hold, database)

    monkeypatch.setattr(NeededHold, "place", placed_late)
    refused = await charge.begins(user, str(await charge.card(user)))
    assert refused.code == "SESSION_EXISTS"
    async with charge.system.database.read() as tx:
        [held] = await tx.all(select(payment_transaction))
    assert (held["status"], held["user_id"]) == ("reversed", user)
    assert len(await charge.there.here.sessions()) == 1


async def test_nobody_charges_on_a_hold_of_which_nothing_is_known(charge: Charge) -> None:
    user, _ = await charge.user()
    refused = await charge.begins(user, str(await charge.card(user, SILENT_HOLD)))
    assert refused.code == "CANNOT_BILL_PAYMENT_METHOD"
    assert await charge.there.here.sessions() == []


async def test_a_charge_of_nobodys_account_is_stopped_when_its_provider_lets_the_hold_go(charge: Charge) -> None:
    held = await charge.held()
    assert await charge.begins(None, hold=PlacedHold(held)) is None
    async with charge.system.database.begin() as tx:
        await apply(tx, held, Outcome(state="voided"), EVENT)
    assert await charge.is_asked()
    await charge.stops(1.0)
    bill = await charge.bill(charge.session)
    assert (bill["status"], bill["reason"]) == ("failed", "declined")


@pytest.mark.parametrize(
    ("type", "strategy", "held"),
    [
        ("duration+energy", "payment_method_and_authorization", ["12.50"]),
        ("duration+energy", "payment_method", []),
        ("free", "payment_method_and_authorization", []),
    ],
)
async def test_where_the_tariff_says_nothing_the_operator_does(
    charge: Charge, type: str, strategy: str, held: list[str]
) -> None:
    prices = {"pricePerKwh": 0.59} if type != "free" else {}
    await charge.there.charges_by(await charge.there.tariff(type, **prices))
    user, _ = await charge.user()
    card = str(await charge.card(user))
    await charge.strategy(strategy=strategy, authorizeAmount=12.5)
    assert await charge.begins(user, card) is None
    assert [one[1] for one in await charge.sums(charge.session)] == held
