"""What the tests of post-paid plans share: a till whose users have subscriptions, and the work that bills them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Row
from ohmstead.rooms.billing.ledger import Account, balance_of, faults
from ohmstead.rooms.billing.subscriptions.bill_outcomes import BillOutcomes
from ohmstead.rooms.billing.subscriptions.bills import BillMaking, end_of_cycle
from ohmstead.rooms.billing.subscriptions.renewing import Renewals
from ohmstead.rooms.billing.subscriptions.states import locked
from ohmstead.rooms.billing.subscriptions.table import subscription, subscription_cycle
from ohmstead.rooms.billing.subscriptions.terms import Terms, stored
from ohmstead.rooms.billing.taxed import Taxed
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.tariffs.subscription_plan_table import subscription_plan
from tests.rooms.billing.till import Till

MONTH = timedelta(days=30)


USUAL = Taxed(Decimal("9.90"), Decimal("8.32"), "EUR", 1, Decimal(19))


class Desk(Till):
    """A till that knows subscriptions. Their rows are written by hand: these tests are of their bills alone."""

    async def subscribed(
        self, user: int, accumulation: Any = "personal_commercial", threshold: str | None = None, **values: Any
    ) -> int:
        """A post-paid subscription of a user's; its id."""
        terms = Terms(
            renewal_cycle="monthly", type="post-paid", accumulation=accumulation,
            threshold=None if threshold is None else Decimal(threshold),
        )  # fmt: skip
        async with self.system.database.begin() as tx:
            now, times = tx.now, {"created_at": tx.now, "updated_at": tx.now}
            plan = {
                "name": [{"locale": "en", "translation": "Home"}], "description": [], "renewal_cycle": "monthly",
                "type": "post-paid", "accumulation": accumulation, "status": "enabled",
            }  # fmt: skip
            plan_id = await tx.value(insert(subscription_plan).values(plan | times).returning(subscription_plan.c.id))
            row = {
                "user_id": user, "plan_id": plan_id, "status": "active", "status_at": now, "started_at": now,
                "zone": "Europe/Berlin", "anchor": now, "cycle_started_at": now, "ends_at": now + MONTH,
                "auto_renewal": True, "terms": stored(terms), "due_at": now + MONTH,
            }  # fmt: skip
            made = insert(subscription).values(row | times | values).returning(subscription.c.id)
            return await tx.value(made)

    async def owns_the_place(self, user: int | None) -> None:
        async with self.system.database.begin() as tx:
            await tx.run(update(charge_point).values(user_id=user))

    async def cycle_ends(self, key: int, fee: Taxed | None = None, number: int = 0) -> None:
        """As renewals have it."""
        async with self.system.database.begin() as tx:
            row, times = await locked(tx, key), {"created_at": tx.now, "updated_at": tx.now}
            cycle = {"subscription_id": key, "number": number, "plan_id": row["plan_id"], "starts_at": tx.now,
                     "ends_at": tx.now + MONTH}  # fmt: skip
            made = insert(subscription_cycle).values(cycle | times).on_conflict_do_nothing()
            await tx.run(made)
            own = subscription_cycle.c
            found = await tx.one(select(subscription_cycle).where(own.subscription_id == key, own.number == number))
            assert found is not None
            await end_of_cycle(tx, row, found, fee)

    async def renews(self) -> None:
        """Subscriptions whose cycle has ended go on, and what is due of bills is done."""
        work = Renewals(self.system.database, self.system.clock)
        await work.start_due()
        await work.settled()
        await self.bills_due()

    async def bills_due(self) -> None:
        """Bills that are due are made and paid, and what follows from that is done."""
        for work in (BillMaking, BillOutcomes, BillOutcomes):
            one = work(self.system.database, self.system.clock)
            await one.start_due()
            await one.settled()
            await self.pays()

    async def days(self, days: float) -> None:
        """So many days later."""
        clock: Any = self.system.clock
        await clock.advance(timedelta(days=days).total_seconds())

    async def becomes(self, key: int, **values: Any) -> None:
        """A subscription has other columns."""
        async with self.system.database.begin() as tx:
            await tx.run(update(subscription).where(subscription.c.id == key).values(values))

    async def state(self, key: int) -> Row:
        async with self.system.database.read() as tx:
            row = await tx.one(select(subscription).where(subscription.c.id == key))
            assert row is not None
            return row

    async def bills(self) -> list[tuple[str, str, str]]:
        """Of all bills the status, the amount and what was collected and not given back."""
        async with self.system.database.read() as tx:
            rows = await tx.all(
                select(payment_transaction)
                .where(payment_transaction.c.purchase_type == "subscription_plan")
                .where(payment_transaction.c.means.is_distinct_from("subscription"))
                .order_by(payment_transaction.c.id)
            )
        return [(row["status"], f"{row['amount']:.2f}", f"{row['captured'] - row['refunded']:.2f}") for row in rows]

    async def items(self) -> list[tuple[str, str, bool]]:
        """Of all items the status, the amount, and whether they are on a bill."""
        own = payment_transaction.c
        async with self.system.database.read() as tx:
            rows = await tx.all(select(payment_transaction).where(own.means == "subscription").order_by(own.id))
        return [(row["status"], f"{row['amount']:.2f}", row["bill_id"] is not None) for row in rows]

    async def documents(self) -> list[tuple[str, Decimal, list[Decimal]]]:
        """Of all documents the kind, the total, and the amounts of their lines."""
        lines = """
SELECT document.kind, document.total, array_agg(line.gross ORDER BY line.place) AS lines
FROM document JOIN document_line AS line ON line.document_id = document.id GROUP BY document.id ORDER BY document.id"""
        async with self.system.database.read() as tx:
            return [(row["kind"], row["total"], row["lines"]) for row in await tx.all(text(lines))]

    async def between(self, user: int) -> Decimal:
        """What stands between items and bills, once the ledger is seen to add up."""
        async with self.system.database.read() as tx:
            assert await faults(tx) == []
            return await balance_of(tx, Account("subscription", "EUR", user))

    async def due(self, user: int) -> float:
        """The user's amount due, as the API shows it."""
        answer = await self.there.api.get(f"/resources/users/v1.0/{user}", "withAmountDue=true")
        assert answer.status == 200, answer.body
        return answer.data["amountDue"]

    async def revenue(self) -> Decimal:
        async with self.system.database.read() as tx:
            return await tx.value(
                text("""
SELECT COALESCE(SUM(CASE WHEN entry.credit_id = account.id THEN entry.amount ELSE -entry.amount END), 0)
FROM ledger_account AS account JOIN ledger_entry AS entry ON account.id IN (entry.credit_id, entry.debit_id)
WHERE account.kind IN ('revenue', 'tax')""")
            )
