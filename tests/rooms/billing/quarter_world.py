"""The world of quarter_plan.py: zones with outlets, users with cards and tags, and the server's work, done when the
test says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import insert, text, update

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.balance.expiry import VoucherExpiry
from ohmstead.rooms.billing.gateways.calls import LEASE, make, take_due
from ohmstead.rooms.billing.gateways.embedded.delivering import EmbeddedEvents
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.gateways.worker import GatewayCalls
from ohmstead.rooms.billing.methods.means import Means
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.billing.sessions.hold_upkeep import HoldUpkeep
from ohmstead.rooms.billing.sessions.holds import PlacedHold, place_hold
from ohmstead.rooms.billing.sessions.settling import Settling
from ohmstead.rooms.charging.control import start
from ohmstead.rooms.charging.control.checks import place as place_of
from ohmstead.rooms.charging.control.orders import Order
from ohmstead.rooms.charging.durable_facts import SessionPriced
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tags import remote_tag
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import ev_user
from ohmstead.store.due_work import DueWork
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.quarter_plan import ACCOUNTS, GOOD, PEOPLE, ZONES, Charge, Person, Prices, Zone, cents
from tests.rooms.charges import Site, site

FIRST_USER = 1000  # its id
_DUE = """
SELECT EXISTS (SELECT FROM gateway_call AS own WHERE due_at <= :now AND NOT EXISTS (
        SELECT FROM gateway_call AS earlier
        WHERE earlier.transaction_id = own.transaction_id AND earlier.id < own.id AND earlier.due_at > :now)) AS calls,
    EXISTS (SELECT FROM embedded_event WHERE due_at <= :now) AS events,
    EXISTS (SELECT FROM session_payment WHERE due_at <= :now) AS settling,
    EXISTS (SELECT FROM voucher WHERE remaining_amount > 0 AND expires_at <= :now) AS expiry"""
_DUE_WORK = {"events": EmbeddedEvents, "settling": Settling, "expiry": VoucherExpiry}


@cache
def _statement(query: str) -> Statement:
    return Statement(text(query))


@dataclass
class Quarter:
    """What is there, and what of it has an id."""

    api: Client
    given: Given
    sites: dict[Zone, Site] = field(default_factory=dict)
    numbers: dict[Charge, int] = field(default_factory=dict)  # of their transactions at the station
    keys: dict[Charge, int] = field(default_factory=dict)  # of their sessions
    cards: dict[Person, int] = field(default_factory=dict)  # the newest

    @property
    def system(self) -> System:
        return self.given.system

    # --- what is there

    async def build(self) -> None:
        for code in ("EUR", "SEK", "NOK"):
            await self.given.currency(alphabeticCode=code)
        await self.given.tax(percentage=19)
        async with self.system.database.begin() as tx:
            await settings.put(tx, "regional", timeZone="Europe/Berlin")
        berlin = (await self.given.location(timezone="Europe/Berlin"))["id"]
        for zone, prices in ZONES.items():
            self.sites[zone] = await site(self.given, evses=prices.outlets, locationId=berlin)
            await self._charges(self.sites[zone], prices)
        await self._people()

    async def _charges(self, here: Site, prices: Prices) -> None:
        holds = {"preAuthorizeAmount": prices.hold} if prices.hold else {}
        ad_hoc = {"adHocPreAuthorizeAmount": prices.ad_hoc} if prices.ad_hoc else {}
        pricing = {"pricePerKwh": float(prices.kwh)} | holds
        body = {"name": "T", "type": "duration+energy", "pricing": pricing, "restrictions": ad_hoc}
        tariff = (await self.given.made("/resources/tariffs/v1.0", body))["id"]
        await self.run("UPDATE tariff SET currency = :code WHERE id = :key", code=prices.currency, key=tariff)
        group = (await self.given.tariff_group(tariff))["id"]
        for outlet in here.evses:
            answer = await self.api.patch(f"/resources/evses/v2.1/{outlet}", {"tariffGroupId": group})
            assert answer.status == 200, answer.body

    async def _people(self) -> None:
        """Rows of their own: to hash two hundred passwords takes seconds."""
        async with self.system.database.begin() as tx:
            times = {"created_at": tx.now, "updated_at": tx.now}
            for one in PEOPLE:
                key = FIRST_USER + one.number
                user = {"id": key, "email": f"u{key}@example.org", "password_hash": "", "created_by": "admin"}
                await tx.run(insert(ev_user).values(user | times))
                tag = {"id_tag_uid": f"TAG{key}", "status": "enabled", "type": "rfid", "user_id": key}
                await tx.run(insert(id_tag).values(tag | {"payment_method_id": one.of_kind.wish} | times))
        for one in PEOPLE:
            for number in one.of_kind.cards:
                await self.card(one, number, is_default=number == one.of_kind.cards[0])
            account = {"small account": 101, "account": 102}.get(one.kind)
            if account is not None:
                await self.given.corporate_account(account, FIRST_USER + one.number, **ACCOUNTS[account])

    async def card(self, user: Person | None, number: str, is_default: bool = False) -> int:
        """A stored card of a user; its id."""
        stored = await self.given.card(number)
        async with self.system.database.begin() as tx:
            key = None if user is None else FIRST_USER + user.number
            values = {
                "user_id": key, "gateway": "embedded", "token": stored.token, "kind": "card", "brand": stored.brand,
                "last4": stored.last4, "exp_month": 12, "exp_year": 2049, "is_default": is_default,
                "created_at": tx.now, "updated_at": tx.now,
            }  # fmt: skip
            made = await tx.value(insert(payment_method).values(values).returning(payment_method.c.id))
        if user is not None:
            self.cards[user] = made
        return made

    # --- what happens

    async def becomes(self, moment: datetime) -> None:
        """It is so late, or later already."""
        clock = self.system.clock
        assert isinstance(clock, ManualClock)
        await clock.advance(max(0.0, (moment - clock.now()).total_seconds()))

    async def begins(self, charge: Charge) -> None:
        here, tag = self.sites[charge.zone], "STRANGER"
        if charge.ad_hoc:
            tag = await self._on_a_hold(charge)
        elif charge.user is not None:
            tag = f"TAG{FIRST_USER + charge.user.number}"
        self.numbers[charge] = (await here.starts(tag, charge.start, 0, charge.outlet))[0]
        found = "SELECT id FROM session WHERE transaction_id = :number"
        self.keys[charge] = (await self.rows(found, number=self.numbers[charge]))[0]["id"]

    async def hold(self) -> int:
        """30.00 on the card of somebody without an account; the transaction."""
        card = await self.card(None, GOOD)
        means = Means(id=str(card), type="tokenized", name="card", method_id=card, gateway="embedded")
        none = {"user_id": None, "session_id": None, "partner_id": None}
        row = await place_hold(self.system.database, means=means, money=Money(Decimal(30), "EUR"), **none)
        assert row["status"] == "authorized"
        return row["id"]

    async def _on_a_hold(self, charge: Charge) -> str:
        here = self.sites[charge.zone]

        async def there(tx: Tx) -> Row:
            found = await place_of(tx, here.evses[charge.outlet - 1])
            assert found is not None
            return found

        await here.status("preparing", charge.outlet)
        hold = PlacedHold(await self.hold())
        noted, refused = await start(self.system.database, Order(), there, "admin", hold=hold)
        assert noted is not None, refused
        assert refused is None
        return remote_tag(noted.session_id)

    async def ends(self, charge: Charge) -> None:
        await self.sites[charge.zone].stops(self.numbers[charge], charge.end, charge.kwh * 1000)

    async def costs(self, charge: Charge, amount: Decimal) -> None:
        """Its price is another."""
        here, key = self.sites[charge.zone], self.keys[charge]
        prices = {"amount_with_tax": amount, "amount_without_tax": cents(amount / Decimal("1.19"))}
        async with self.system.database.begin() as tx:
            await tx.run(update(session).where(session.c.id == key).values(prices))
            tx.tell(SessionPriced(id=key, charge_point_id=here.id, evse_id=here.evses[charge.outlet - 1]))

    # --- the server's work

    async def hears(self) -> bool:
        """Everybody has heard of all facts; whether there were any."""
        told = 0
        while more := await self.system.outbox.drain():
            told += more
        return told > 0

    async def works(self) -> None:
        """All that is due now is done, and what follows from it."""
        await HoldUpkeep(self.system.database, self.system.clock).look()
        await self.works_off(_DUE, _DUE_WORK)

    async def works_off(self, query: str, work_of: Mapping[str, type[DueWork]]) -> None:
        """Facts, calls, and the work that a query says is due, until there is none."""
        database, clock = self.system.database, self.system.clock
        for _ in range(30):
            told = await self.hears()
            (due,) = await self.rows(query, now=clock.now())
            if due["calls"]:
                calls = GatewayCalls(database, clock)
                await calls.look()
                await calls.settled()
            for name, kind in work_of.items():
                if due[name]:
                    work = kind(database, clock)
                    await work.start_due()
                    await work.settled()
            if not told and not any(due):
                return
        raise AssertionError(f"it does not come to an end: {dict(due)}")

    async def awaits_banks(self) -> bool:
        """Whether calls, or what a provider tells of them, are yet to come."""
        (row,) = await self.rows("""
SELECT EXISTS (SELECT FROM gateway_call WHERE due_at IS NOT NULL) OR EXISTS (SELECT FROM embedded_event
    WHERE due_at IS NOT NULL) AS waits""")
        return row["waits"]

    async def dies(self) -> int:
        """All calls that are due reach the gateway, but what comes of them is lost; how many."""
        async with self.system.database.begin() as tx:
            calls = await take_due(tx, 50, LEASE)
        for call in calls:
            await make(call)
        return len(calls)

    async def rows(self, query: str, **values: Any) -> list[Row]:
        async with self.system.database.read() as tx:
            return await tx.all(_statement(query), **values)

    async def run(self, query: str, **values: Any) -> None:
        async with self.system.database.begin() as tx:
            await tx.run(_statement(query), **values)

    async def posts(self, path: str, body: dict[str, Any], *statuses: int) -> Any:
        """A request to the API, with one of these statuses."""
        answer = await self.api.post(path, body)
        assert answer.status in statuses, (path, body, answer.body)
        return answer
