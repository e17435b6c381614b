"""What the tests of sessions' money share: a place that charges by a tariff, users with cards, and the work that bills
sessions, done by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, text, update

from ohmstead.app.system import System
from ohmstead.kit.db import Row
from ohmstead.kit.money import rounded
from ohmstead.rooms.billing.gateways.calls import carry_out
from ohmstead.rooms.billing.ledger import faults
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.billing.sessions.settling import Settling
from ohmstead.rooms.billing.sessions.table import session_payment
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.charging.durable_facts import SessionPriced
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.given import Given
from tests.rooms.prices import Place, place

GOOD, REFUSED = "4242424242424242", "4000000000000341"
SILENT_HOLD, SILENT_CAPTURE = "4000000000006009", "4000000000006017"


@dataclass
class Till:
    """0.50 a kWh, and nothing else, is charged at the place unless a test says otherwise."""

    there: Place

    @property
    def system(self) -> System:
        return self.there.system

    async def user(self, wish: str | None = None, **fields: Any) -> tuple[int, str]:
        """A user and the UID of the tag, which pays as `wish` says."""
        key = int((await self.there.given.user(**fields))["id"])
        tag = await self.there.given.id_tag(userId=key)
        async with self.system.database.begin() as tx:
            await tx.run(update(id_tag).where(id_tag.c.id == tag["id"]).values(payment_method_id=wish))
        return key, tag["idTagUid"]

    async def card(self, user_id: int | None, number: str = GOOD, is_default: bool = False) -> int:
        """A stored card of a user; its id."""
        stored = await self.there.given.card(number)
        async with self.system.database.begin() as tx:
            values = {
                "user_id": user_id, "gateway": "embedded", "token": stored.token, "kind": "card", "brand": stored.brand,
                "last4": stored.last4, "exp_month": 12, "exp_year": 2049, "is_default": is_default,
                "created_at": tx.now, "updated_at": tx.now,
            }  # fmt: skip
            return await tx.value(insert(payment_method).values(values).returning(payment_method.c.id))

    async def balance(self, user_id: int) -> Decimal:
        async with self.system.database.read() as tx:
            return await tx.value(text("SELECT balance FROM ev_user WHERE id = :key").bindparams(key=user_id))

    async def strategy(self, **values: Any) -> None:
        async with self.system.database.begin() as tx:
            await settings.put(tx, "billing", **values)

    async def charges(self, tag: str | None, kwh: float, minutes: float = 0, number: int = 1) -> None:
        """A charge of so many kWh, priced and billed as far as that goes at once."""
        started = await self.there.starts(minutes, 0, number, tag)
        await self.there.stops(started, minutes + 10 + 6 * kwh, round(kwh * 1000))  # 11 kW are believed
        await self.pays()

    async def pays(self) -> None:
        """All facts are heard, all calls that are due made, and what follows from them."""
        await self.there.settled()
        while calls := await self.calls():
            for key in calls:
                await carry_out(self.system.database, key)
            await self.there.settled()

    async def calls(self) -> list[int]:
        """The calls that are due."""
        async with self.system.database.read() as tx:
            due = text("SELECT id FROM gateway_call WHERE due_at <= :now ORDER BY id")
            return [row["id"] for row in await tx.all(due.bindparams(now=self.system.clock.now()))]

    async def falls_due(self) -> None:
        """What is due of sessions' money is done."""
        work = Settling(self.system.database, self.system.clock)
        await work.start_due()
        await work.settled()
        await self.pays()

    async def costs(self, key: int, amount: str) -> None:
        """A session's price is another."""
        await self.told(key, amount)
        await self.pays()

    async def told(self, key: int, amount: str) -> None:
        """The same, and no calls are made yet."""
        total = Decimal(amount)
        prices = {"amount_with_tax": total, "amount_without_tax": rounded(total / Decimal("1.19"), 2)}
        async with self.system.database.begin() as tx:
            await tx.run(update(session).where(session.c.id == key).values(prices))
            tx.tell(SessionPriced(id=key, charge_point_id=self.there.here.id, evse_id=self.there.here.evses[0]))
        await self.there.settled()

    async def bill(self, key: int = 1) -> Mapping[str, Any]:
        """A session's bill, once the ledger is seen to add up."""
        async with self.system.database.read() as tx:
            assert await faults(tx) == []
            found = await tx.one(select(session_payment).where(session_payment.c.session_id == key))
            assert found is not None
            return found

    async def transactions(self, key: int = 1) -> list[Row]:
        own = payment_transaction.c
        async with self.system.database.read() as tx:
            return await tx.all(select(payment_transaction).where(own.session_id == key).order_by(own.id))

    async def sums(self, key: int = 1) -> list[tuple[str, str, str]]:
        """Of a session's transactions the status, the amount and what was collected."""
        rows = await self.transactions(key)
        return [(row["status"], f"{row['amount']:.2f}", f"{row['captured'] - row['refunded']:.2f}") for row in rows]

    async def owed(self) -> dict[int, Decimal]:
        """What users owe by the ledger, by their ids; 0: nobody that is known. Nothing where all is paid."""
        async with self.system.database.read() as tx:
            rows = await tx.all(
                text("""
SELECT account.owner_id, SUM(CASE WHEN entry.debit_id = account.id THEN entry.amount ELSE -entry.amount END) AS owed
FROM ledger_account AS account JOIN ledger_entry AS entry ON account.id IN (entry.debit_id, entry.credit_id)
WHERE account.kind = 'receivable' GROUP BY account.owner_id""")
            )
        return {row["owner_id"]: row["owed"] for row in rows if row["owed"]}


async def till(api: Client, given: Given) -> Till:
    """At a place on a Monday morning."""
    there = await place(api, given)
    await there.charges_by(await there.tariff(pricePerKwh=0.5))
    return Till(there)
