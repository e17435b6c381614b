"""What the tests of subscriptions share: users with plans and cards, a clock that is moved, and the work that falls
due, done by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.gateways.calls import carry_out
from ohmstead.rooms.billing.ledger import faults
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.billing.subscriptions.renewing import Renewals
from ohmstead.rooms.billing.subscriptions.table import subscription_cycle
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.operator import settings
from ohmstead.rooms.tariffs.resolution import plans_of_user
from tests.client import Answer, Client
from tests.conftest import served
from tests.given import Given

SUBSCRIPTIONS = "/resources/subscriptions/v1.0"
START = datetime(2027, 1, 31, 8, tzinfo=UTC)  # 09:00 in Berlin
_DUE = text("""
SELECT (SELECT COUNT(*) FROM subscription WHERE due_at <= :now)
    + (SELECT COUNT(*) FROM gateway_call WHERE due_at <= :now)
""")


@pytest.fixture
async def running(dsn: str, tmp_path: Path) -> AsyncIterator[tuple[System, str]]:
    """In the place of the one of all tests: a system at 09:00 in Berlin of a 31 January, until a test moves its
    clock."""
    chosen = Settings(data_dir=tmp_path, port=0, ocpp_port=0, rate_limit_per_minute=10**6, rate_limit_per_day=10**9)
    system = await System(chosen, dsn, ManualClock(START)).start()
    async with system.database.begin() as tx:
        await settings.put(tx, "regional", timeZone="Europe/Berlin")
    async with served(system.api.app) as base:
        yield system, base
    await system.stop()


@dataclass
class Subscribers:
    """Users, and what becomes of their subscriptions."""

    api: Client
    given: Given

    @property
    def system(self) -> System:
        return self.given.system

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.system.clock, ManualClock)
        return self.system.clock

    async def user(self, balance: float = 0, **fields: Any) -> int:
        """One without a card."""
        key = int((await self.given.user(**fields))["id"])
        if balance:
            await self.given.balance(key, balance)
        return key

    async def with_card(self, **values: Any) -> int:
        """One with a card at the scripted gateway."""
        key = await self.user()
        async with self.system.database.begin() as tx:
            row = {
                "user_id": key, "gateway": "scripted", "token": f"tok-{key}", "kind": "card", "brand": "visa",
                "last4": "4242", "exp_month": 12, "exp_year": 2049, "created_at": tx.now, "updated_at": tx.now,
            } | values  # fmt: skip
            await tx.run(insert(payment_method).values(row))
        return key

    async def activates(self, user: int, plan: int, **fields: Any) -> Answer:
        return await self.api.post(f"/actions/users/v1.0/{user}/activate-subscription", {"planId": plan} | fields)

    async def cancels(self, user: int) -> Answer:
        body = {"reason": "moved away"}
        return await self.api.post(f"/actions/users/v1.0/{user}/cancel-subscription", body)

    async def only(self) -> dict[str, Any]:
        """The only subscription, as the API shows it."""
        [found] = (await self.api.get(SUBSCRIPTIONS)).data
        return found

    async def status(self) -> str:
        """Of the only subscription."""
        return str((await self.only())["status"])

    async def plans(self, user: int) -> list[int]:
        """Those that tariffs see."""
        async with self.system.database.read() as tx:
            return [plan for answer in await plans_of_user(tx, user) for plan in answer]

    async def paid(self) -> list[tuple[str, str]]:
        """Of all transactions the status and the amount, once the ledger is seen to add up."""
        own = payment_transaction.c
        async with self.system.database.read() as tx:
            assert await faults(tx) == []
            rows = await tx.all(select(own.status, own.amount).order_by(own.id))
        return [(row["status"], f"{row['amount']:.2f}") for row in rows]

    async def cycles(self) -> list[Row]:
        async with self.system.database.read() as tx:
            return await tx.all(select(subscription_cycle).order_by(subscription_cycle.c.id))

    async def accounts(self) -> dict[str, Decimal]:
        """What was given to the accounts of each kind."""
        async with self.system.database.read() as tx:
            rows = await tx.all(
                text("""
SELECT account.kind, SUM(CASE WHEN entry.credit_id = account.id THEN entry.amount ELSE -entry.amount END) AS amount
FROM ledger_account AS account JOIN ledger_entry AS entry ON account.id IN (entry.credit_id, entry.debit_id)
GROUP BY account.kind""")
            )
        return {row["kind"]: row["amount"] for row in rows if row["amount"]}

    async def until(self, moment: datetime) -> None:
        """It is then, and what has fallen due is done: nobody looked before."""
        await self.clock.advance((moment - self.clock.now()).total_seconds())
        await self.works()

    async def works(self) -> None:
        """What is due is done, and whoever has to know of it does."""
        while await self._due():
            work = Renewals(self.system.database, self.clock)
            await work.start_due()
            await work.settled()
            for key in await self._calls():
                await carry_out(self.system.database, key)
            await self.system.outbox.drain()

    async def _due(self) -> int:
        async with self.system.database.read() as tx:
            return int(await tx.value(_DUE.bindparams(now=self.clock.now())))

    async def _calls(self) -> list[int]:
        async with self.system.database.read() as tx:
            due = text("SELECT id FROM gateway_call WHERE due_at <= :now ORDER BY id")
            return [row["id"] for row in await tx.all(due.bindparams(now=self.clock.now()))]
