"""Renewing: each cycle begins when the one before ends, once, however late it is looked at. A pre-paid one is charged
then. What cannot be collected suspends the subscription, is tried again some days later, and ends it at last."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.gateways.calls import begin_call
from ohmstead.rooms.billing.subscriptions.bills import end_of_cycle
from ohmstead.rooms.billing.subscriptions.fees import PURCHASE, charge_cycle, fee_of
from ohmstead.rooms.billing.subscriptions.states import changed, following, locked, not_over
from ohmstead.rooms.billing.subscriptions.table import subscription, subscription_cycle
from ohmstead.rooms.billing.subscriptions.terms import Terms, read, stored, terms_of
from ohmstead.rooms.billing.taxed import Taxed, book_sale
from ohmstead.rooms.billing.transactions.states import moved
from ohmstead.rooms.operator import settings
from ohmstead.rooms.tariffs.subscription_plan_table import subscription_plan
from ohmstead.store.due_work import DueWork
from ohmstead.store.writes import Writes

PAUSE = timedelta(minutes=10)  # after a fault of ours

_own, _cycle, _cycles = subscription.c, subscription_cycle.c, Writes(subscription_cycle)
_key = bindparam("key", type_=BigInteger)
_PLAN = Statement(select(subscription_plan).where(subscription_plan.c.id == _key))
_number = bindparam("number", type_=Integer)
_NUMBERED = Statement(select(subscription_cycle).where(_cycle.subscription_id == _key, _cycle.number == _number))
_PAID_BY = Statement(select(subscription_cycle).where(_cycle.transaction_id == _key))


async def plan_of(tx: Tx, key: int) -> Row:
    """A plan's row."""
    row = await tx.one(_PLAN, key=key)
    assert row is not None, "plans with subscriptions stay"
    return row


async def begin_cycle(tx: Tx, row: Row, fee: Taxed | None) -> Row:
    """Write down the cycle that a subscription is in now; a second time is refused by its number."""
    return await _cycles.insert(tx, {
        "subscription_id": row["id"], "number": row["cycle"], "plan_id": row["plan_id"],
        "starts_at": row["cycle_started_at"], "ends_at": row["ends_at"], **costs(fee),
    })  # fmt: skip


def costs(fee: Taxed | None) -> dict[str, Any]:
    """The columns of a cycle's fee."""
    if fee is None:
        return {"fee": 0, "net": 0}
    return {
        "fee": fee.amount, "net": fee.net, "currency": fee.currency, "tax_id": fee.tax_id,
        "tax_percentage": fee.tax_percentage,
    }  # fmt: skip


async def fee_at_begin(tx: Tx, row: Row, terms: Terms) -> tuple[Taxed | None, int | None]:
    """What a cycle costs as it begins, and how many free ones are left after it. Post-paid ones cost at their end."""
    free = row["free_periods_left"] if terms.type == "pre-paid" else None
    if terms.type == "post-paid":
        return None, free
    if free:
        return None, free - 1
    return await fee_of(tx, row, terms), free


async def cycle_of(tx: Tx, row: Row) -> Row:
    """The cycle that a subscription is in."""
    found = await tx.one(_NUMBERED, key=row["id"], number=row["cycle"])
    assert found is not None, "each is written as it begins"
    return found


class Renewals(DueWork):
    """Looks for subscriptions whose cycle has ended, or whose fee is to be tried again."""

    every_s = 5.0
    due = Statement(
        select(_own.id)
        .where(_own.due_at <= bindparam("now", type_=DateTime(timezone=True)))
        .order_by(_own.due_at, _own.id)
        .limit(bindparam("most", type_=Integer))
    )

    async def carry_out(self, row: Row) -> None:
        async with self._database.begin() as tx:
            found = await locked(tx, row["id"])
            if found["due_at"] is not None and found["due_at"] <= tx.now:
                await carry_out_due(tx, found)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        async with self._database.begin() as tx:
            await changed(tx, await locked(tx, row["id"]), due_at=tx.now + PAUSE)


async def carry_out_due(tx: Tx, row: Row) -> None:
    """Do what is due for a subscription that is locked."""
    terms = read(row["terms"])
    if terms.type == "post-paid":
        await end_of_cycle(tx, row, await cycle_of(tx, row), await fee_of(tx, row, terms))
        row = await locked(tx, row["id"])
    elif row["status"] == "suspended":
        await charge_cycle(tx, await changed(tx, row, due_at=None), await cycle_of(tx, row))
        return
    if row["status"] == "canceled" or not row["auto_renewal"]:
        await changed(tx, row, status="expired", due_at=None)
    else:
        await _renew(tx, row)


async def end_canceled(tx: Tx, user_id: int) -> None:
    """Canceled ones of a user, which were still good for a while, end: another begins. What they cost is billed."""
    for row in await not_over(tx, user_id):
        if row["status"] == "canceled":
            await carry_out_due(tx, row)


async def _renew(tx: Tx, row: Row) -> None:
    plan = await plan_of(tx, row["plan_id"])
    terms = terms_of(plan)
    fee, free = await fee_at_begin(tx, row, terms)
    external = plan["billing_type"] == "external"
    news = {"terms": stored(terms), "free_periods_left": free, "external": external}
    row = await changed(tx, row, **following(row, terms), **news)
    cycle = await begin_cycle(tx, row, fee)
    if fee is not None:
        await charge_cycle(tx, row, cycle)


@moved.answer
async def a_fee_goes_on(tx: Tx, row: Row) -> None:
    """A card's hold is taken; what came of the payment decides about the subscription, once: a payment moves again
    where a part goes back, or its reference is another."""
    if row["purchase_type"] != PURCHASE or row["means"] == "subscription":
        return
    cycle = await tx.one(_PAID_BY, key=row["id"])
    if cycle is None:
        return
    if row["status"] == "authorized":
        await begin_call(tx, row, "capture", row["amount"])
    elif row["status"] == "finalized":
        parts = (cycle[name] for name in ("fee", "net", "currency", "tax_id", "tax_percentage"))
        if await book_sale(tx, row["id"], row["user_id"], Taxed(*parts)):
            await _decide(tx, cycle, is_paid)
    elif row["status"] in ("failed", "reversed"):
        await _decide(tx, cycle, is_not_paid)


async def _decide(tx: Tx, cycle: Row, decide: Callable[[Tx, Row], Awaitable[None]]) -> None:
    """What a cycle's payment came to is of no matter once the next has begun."""
    found = await locked(tx, cycle["subscription_id"])
    if found["cycle"] == cycle["number"]:
        await decide(tx, found)


async def is_paid(tx: Tx, row: Row) -> None:
    """Of a subscription that is locked what was due is paid. One that was given up is good until its cycle ends."""
    if row["status"] in ("failed", "expired") and row["ends_at"] > tx.now:
        await changed(tx, row, status="canceled", due_at=row["ends_at"])
    elif row["status"] in ("pending", "suspended"):
        await end_canceled(tx, row["user_id"])
        await changed(tx, row, status="active", due_at=row["ends_at"], attempts=0)


async def is_not_paid(tx: Tx, row: Row) -> None:
    """It could not be collected: it is tried again by the schedule of the settings, and what never began never does.
    One that waits to be tried again already knows."""
    if row["status"] == "suspended" and row["due_at"] is not None:
        return
    days = (await settings.billing(tx)).retry_after_days
    if row["status"] == "pending":
        await changed(tx, row, status="failed", due_at=None)
    elif row["status"] == "canceled" or row["attempts"] >= len(days):
        await changed(tx, row, status="expired", due_at=None)
    elif row["status"] in ("active", "suspended"):
        due_at = tx.now + timedelta(days=days[row["attempts"]])
        await changed(tx, row, status="suspended", due_at=due_at, attempts=row["attempts"] + 1)
