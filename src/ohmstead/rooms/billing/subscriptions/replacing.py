"""Replacing a plan by another. From its moment on the old plan is disabled for good, what names it names the new one,
too, and its subscribers have the new one. No money moves: what they used of the energy counts, and their next renewal
charges the new one."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, any_, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View, aware
from ohmstead.rooms.billing.durable_facts import SubscriptionChanged
from ohmstead.rooms.billing.subscriptions.table import subscription
from ohmstead.rooms.billing.subscriptions.terms import stored, terms_of
from ohmstead.rooms.network import required_plans
from ohmstead.rooms.tariffs import tariffs
from ohmstead.rooms.tariffs.subscription_plan_table import subscription_plan
from ohmstead.rooms.tariffs.subscription_plans import SubscriptionPlanChanged, require_feature, subscription_plans
from ohmstead.store.due_work import DueWork
from ohmstead.store.writes import Writes

AT_ONCE = 1000  # subscriptions that are changed in one transaction
PAUSE = timedelta(minutes=1)  # after a fault of ours

_own, _theirs, _writes = subscription_plan.c, subscription.c, Writes(subscription_plan)
_old = bindparam("old", type_=BigInteger)
_LOCKED = Statement(  # whoever subscribes to one waits
    select(subscription_plan)
    .where(_own.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .order_by(_own.id)
    .with_for_update(key_share=True)
)
_IN_PLACE = Statement(  # whoever replaces it meanwhile waits, and finds what is given to it
    select(subscription_plan).where(_own.id == bindparam("key", type_=BigInteger)).with_for_update(read=True)
)
_subscribers = select(_theirs.id).where(
    _theirs.plan_id == _old, _theirs.status != "expired", _theirs.status != "failed"
)
_LEFT = Statement(_subscribers.limit(1))
_most = bindparam("most", type_=Integer)
_SLICE = Statement(_subscribers.order_by(_theirs.id).limit(_most).with_for_update(key_share=True))
_allowance = bindparam("allowance", type_=JSONB)
_MOVE = Statement(
    update(subscription)
    .where(_theirs.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .values(
        plan_id=bindparam("new", type_=BigInteger),
        terms=_theirs.terms.op("||")(func.jsonb_build_object(text("'allowance'"), _allowance, type_=JSONB)),
        updated_at=bindparam("now"),
    )
    .returning(_theirs.id, _theirs.user_id, _theirs.plan_id, _theirs.status, _theirs.ends_at)
)

replacing = Group("action / subscription-plans", "actions/subscription-plans/", "subscription-plans", access=OPERATOR)


class Replacement(View):
    plan_id: Annotated[int, Meta(description="Of the plan that takes its place.")]
    replace_at: Opt[Annotated[datetime | None, Meta(description="Null, or past: now.")]] = UNSET
    reason: Annotated[str, Meta(min_length=1, max_length=2000, description="Kept in the audit log.")]


@replacing.post(
    "v1.0/{subscriptionPlan}/replace",
    "Subscription plan / Replace",
    body=Replacement,
    references={"plan_id": subscription_plans},
)
async def replace(call: Call, wanted: Replacement) -> None:
    """Have another plan take its place, now or later; until then it can be said anew. Subscribers pay for the other one
    from their next renewal on."""
    tx = call.tx
    await require_feature(tx)
    key = (await subscription_plans.find(call))["id"]
    rows = {row["id"]: row for row in await tx.all(_LOCKED, ids=[key, wanted.plan_id])}
    _objections(rows, key, wanted.plan_id, tx.now)
    at = max(aware(wanted.replace_at), tx.now) if wanted.replace_at else tx.now
    values = {"replacement_plan_id": wanted.plan_id, "replaced_at": at}
    old = await _writes.update(tx, key, values | {"replace_due_at": at})
    tx.tell(SubscriptionPlanChanged(id=key, action="updated"))
    if old is not None and at == tx.now:
        await _begin(tx, old)
    call.changes = {"id": key, **values, "reason": wanted.reason}


def _objections(rows: dict[int, Row], key: int, new: int, now: datetime) -> None:
    """Invalid where the one cannot take the place of the other. None leads back to where it came from: what was or is
    to be replaced replaces nothing."""
    if new == key:
        raise Invalid(planId="A plan does not replace itself.")
    if key not in rows or new not in rows:  # deleted since it was looked up
        raise Invalid(planId="The selected plan id is invalid.")
    if rows[key]["replaced_at"] is not None and rows[key]["replaced_at"] <= now:
        raise Invalid(planId=f"The plan was replaced already, by {rows[key]['replacement_plan_id']}.")
    if rows[new]["status"] != "enabled":
        raise Invalid(planId="The subscription plan is disabled.")
    if rows[new]["replacement_plan_id"] is not None:
        raise Invalid(planId="The selected plan is to be replaced itself.")


async def _begin(tx: Tx, old: Row) -> None:
    """Nobody new gets it, and all that is for its subscribers is for those of the other one. A second time it does no
    more."""
    if old["status"] != "disabled":
        await _writes.update(tx, old["id"], {"status": "disabled"})
        tx.tell(SubscriptionPlanChanged(id=old["id"], action="updated"))
    for new in await _in_its_place(tx, old):
        for add_plan in (tariffs.add_plan, required_plans.add_plan):
            await add_plan(tx, old["id"], new["id"])


async def _in_its_place(tx: Tx, old: Row) -> list[Row]:
    """The plan that takes the place of one, and where that was replaced by now whatever did, too."""
    found, key = list[Row](), old["replacement_plan_id"]
    while key is not None:
        row = await tx.one(_IN_PLACE, key=key)
        assert row is not None, "plans that take another's place stay"
        found.append(row)
        is_replaced = row["replaced_at"] is not None and row["replaced_at"] <= tx.now
        key = row["replacement_plan_id"] if is_replaced else None
    return found


class Replacements(DueWork):
    """Looks for plans whose place another is to take, and gives their subscribers the other one."""

    every_s = 5.0
    due = Statement(
        select(_own.id)
        .where(_own.replace_due_at <= bindparam("now", type_=DateTime(timezone=True)))
        .order_by(_own.replace_due_at, _own.id)
        .limit(_most)
    )

    async def carry_out(self, row: Row) -> None:
        async with self._database.begin() as tx:
            old = await _due(tx, row["id"])
            if old is not None:
                await _begin(tx, old)
        while old is not None:
            async with self._database.begin() as tx:
                old = await _move_some(tx, row["id"])

    async def failed(self, row: Row, error: Exception) -> None:
        """It goes on where it was."""
        async with self._database.begin() as tx:
            if await _due(tx, row["id"]) is not None:
                await _writes.update(tx, row["id"], {"replace_due_at": tx.now + PAUSE})


async def _due(tx: Tx, key: int) -> Row | None:
    """The plan, locked, if its replacement is still due."""
    row = await tx.one(_LOCKED, ids=[key])
    return row if row is not None and row["replace_due_at"] is not None and row["replace_due_at"] <= tx.now else None


async def _move_some(tx: Tx, key: int) -> Row | None:
    """Some subscribers get the other plan; the old one, while there are more."""
    old = await tx.one(_IN_PLACE, key=key)
    if old is None:  # nobody had it, and it was deleted
        return None
    *_, new = await _in_its_place(tx, old)
    ids = [row["id"] for row in await tx.all(_SLICE, old=key, most=AT_ONCE)]
    await _move(tx, ids, new)
    if await tx.value(_LEFT, old=key) is not None:
        return old
    await _writes.update(tx, key, {"replace_due_at": None})
    return None


async def _move(tx: Tx, ids: list[int], new: Row) -> None:
    allowance: dict[str, Any] = stored(terms_of(new))["allowance"]
    for row in await tx.all(_MOVE, ids=ids, new=new["id"], allowance=allowance, now=tx.now):
        tx.tell(SubscriptionChanged(**row))
