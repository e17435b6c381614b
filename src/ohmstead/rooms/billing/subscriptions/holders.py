"""Who has which plan: what tariffs, charge points and plans ask of subscriptions."""

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.writes import Write
from ohmstead.rooms.billing.subscriptions.table import subscription
from ohmstead.rooms.tariffs.resolution import plans_of_user
from ohmstead.rooms.tariffs.subscription_plans import subscription_plans

_own = subscription.c
_now = bindparam("now", type_=_own.ends_at.type)
_in_force = (_own.status == "active") | ((_own.status == "canceled") & (_own.ends_at > _now))
_PLANS = Statement(select(_own.plan_id).where(_own.user_id == bindparam("user", type_=BigInteger), _in_force))
_SUBSCRIBED = Statement(select(_own.id).where(_own.plan_id == bindparam("plan", type_=BigInteger)).limit(1))


@plans_of_user.answer
async def plans_in_force(tx: Tx, user_id: int) -> list[int]:
    """A canceled one is, until its cycle ends."""
    return [row[0] for row in await tx.all(_PLANS, user=user_id, now=tx.now)]


@subscription_plans.deleting
async def a_plan_that_somebody_has_or_had_stays(write: Write) -> None:
    if await write.tx.value(_SUBSCRIBED, plan=write.id) is not None:
        raise Conflict("Users have or had a subscription of the plan.")
