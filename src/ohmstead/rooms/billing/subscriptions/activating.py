"""Activating and canceling a user's subscription. What a pre-paid plan costs is charged at once; what the bank does not
answer is asked for later, and the subscription is pending until then."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Text, bindparam, func, select

from ohmstead.engines.schedules import moment_of
from ohmstead.engines.subscription_cycles import cycle_end
from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import BadRequest, Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.billing.gateways.calls import begin_call, carry_out
from ohmstead.rooms.billing.subscriptions.fees import Charge, charge_cycle
from ohmstead.rooms.billing.subscriptions.renewing import begin_cycle, end_canceled, fee_at_begin
from ohmstead.rooms.billing.subscriptions.states import LIVING, added, changed, not_over
from ohmstead.rooms.billing.subscriptions.terms import stored, terms_of
from ohmstead.rooms.billing.transactions.states import transaction
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import users
from ohmstead.rooms.tariffs.subscription_plan_table import subscription_plan
from ohmstead.rooms.tariffs.subscription_plans import OFF, subscription_plans

WHY = "Activated via API"
_ALONE = Statement(
    select(func.pg_advisory_xact_lock(func.hashtextextended("subscriptions:" + bindparam("user", type_=Text), 0)))
)
_PLAN = Statement(  # whoever replaces it waits, and finds this subscription
    select(subscription_plan)
    .where(subscription_plan.c.id == bindparam("plan", type_=BigInteger))
    .with_for_update(read=True)
)
Reason = Annotated[str, Meta(min_length=1, max_length=2000, description="Kept in the audit log.")]

actions = Group("action / user", "actions/users/", "users", access=PARTNERS)


class Activation(View):
    plan_id: int
    end_date: Opt[
        Annotated[date | None, Meta(description="The last day, in the operator's zone; null: by the plan's cycle.")]
    ] = UNSET
    auto_renewal: Opt[
        Annotated[bool, Meta(description="Whether it goes on after its end; unsaid, where no end was said.")]
    ] = UNSET
    reason: Opt[Annotated[str, Meta(max_length=2000)] | None] = UNSET


class Cancellation(View):
    reason: Reason


@actions.post(
    "v1.0/{user}/activate-subscription",
    "User / Activate subscription",
    body=Activation,
    references={"plan_id": subscription_plans},
    errors=(400, 401, 403, 404, 422, 429),
    transactions=Transactions.MANUAL,
)
async def activate(call: Call, wanted: Activation) -> None:
    """Begin a subscription for a user, who pays its first cycle with the default card, or from the balance."""
    async with call.begin() as tx:
        user = await users.find(call, tx=tx)
        row, charged = await begin(tx, user["id"], wanted)
        reason = wanted.reason or WHY
        call.changes = {"id": user["id"], "subscription_id": row["id"], "plan_id": wanted.plan_id, "reason": reason}
    if charged is None:
        return
    if charged.call_id is not None:
        paid = await carry_out(call.database, charged.call_id)
        if paid["status"] == "authorized":
            async with call.begin() as tx:
                paid = await transaction(tx, charged.transaction_id, lock=True)
                capture = await begin_call(tx, paid, "capture", paid["amount"], inline=True)
            await carry_out(call.database, capture)
    async with call.begin() as tx:
        paid = await transaction(tx, charged.transaction_id)
    if paid["status"] in ("failed", "reversed"):
        raise BadRequest("User has insufficient balance." if paid["gateway"] is None else "Your card was declined.")


async def begin(tx: Tx, user_id: int, wanted: Activation) -> tuple[Row, Charge | None]:
    """A subscription of a user, and what is charged for its first cycle."""
    plan = await _plan(tx, wanted.plan_id)
    await _one_at_a_time(tx, user_id)
    terms, zone = terms_of(plan), await settings.time_zone(tx)
    if terms.base_fee and await settings.base_currency_code(tx) is None:
        raise BadRequest("Currency is not set.")
    last = _end(tx.now, wanted.end_date or None, zone)
    ends_at = last or cycle_end(tx.now, tx.now, terms.renewal_cycle, zone)
    renews = wanted.auto_renewal if wanted.auto_renewal is not UNSET else not wanted.end_date
    values: dict[str, Any] = {
        "user_id": user_id, "plan_id": plan["id"], "started_at": tx.now, "zone": zone.key, "anchor": last or tx.now,
        "cycle_started_at": tx.now, "ends_at": ends_at, "auto_renewal": renews, "terms": stored(terms),
        "external": plan["billing_type"] == "external", "free_periods_left": plan["free_renewal_periods"],
        "due_at": ends_at,
    }  # fmt: skip
    fee, free = await fee_at_begin(tx, values, terms)
    values["free_periods_left"] = free
    if fee is None:
        await end_canceled(tx, user_id)
        row = await added(tx, values | {"status": "active"})
        await begin_cycle(tx, row, fee)
        return row, None
    row = await added(tx, values | {"status": "pending", "due_at": None})
    return row, await charge_cycle(tx, row, await begin_cycle(tx, row, fee), inline=True)


async def _plan(tx: Tx, plan_id: int) -> Row:
    features, plan = (await settings.read(tx)).features, await tx.one(_PLAN, plan=plan_id)
    if plan is None:
        raise Invalid(planId="The selected plan id is invalid.")
    if plan["status"] != "enabled":
        raise Invalid(planId="The subscription plan is disabled.")
    if not features.subscriptions or (plan["type"] == "post-paid" and not features.post_paid_subscriptions):
        raise Invalid(planId=OFF)
    return plan


async def _one_at_a_time(tx: Tx, user_id: int) -> None:
    """No other is begun meanwhile. The user is not locked: subscriptions are locked before users."""
    await tx.run(_ALONE, user=str(user_id))
    for row in await not_over(tx, user_id):
        if row["status"] in LIVING:
            raise BadRequest(f"The user has a subscription already: {row['id']} is {row['status']}.")


def _end(now: datetime, last: date | None, zone: ZoneInfo) -> datetime | None:
    if last is None:
        return None
    ends_at = moment_of(last + timedelta(days=1), time(), zone)
    if ends_at <= now:
        raise Invalid(endDate="The end date must not be in the past.")
    return ends_at


@actions.post(
    "v1.0/{user}/cancel-subscription",
    "User / Cancel subscription",
    body=Cancellation,
    errors=(400, 401, 403, 404, 422, 429),
)
async def cancel(call: Call, wanted: Cancellation) -> None:
    """It does not renew any more; until its cycle ends the user has what was paid for."""
    tx, user = call.tx, await users.find(call)
    row = next((one for one in await not_over(tx, user["id"]) if one["status"] in LIVING), None)
    if row is None:
        raise BadRequest("The user has no subscription.")
    if row["status"] == "pending":
        raise BadRequest("The payment of the subscription is on its way.")
    goes_on = row["status"] == "active"  # of one that is suspended nothing is paid for
    ends = {"status": "canceled", "due_at": row["ends_at"]} if goes_on else {"status": "expired", "due_at": None}
    await changed(tx, row, **ends)
    call.changes = {"id": user["id"], "subscription_id": row["id"], "reason": wanted.reason}
