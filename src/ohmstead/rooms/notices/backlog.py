"""The backlog: what is still to be delivered, and what could not be."""

from msgspec import Struct
from sqlalchemy import bindparam, func, select, text

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.notices.living import living
from ohmstead.rooms.notices.tables import notification_delivery, notification_subscription

_own, _subscription = notification_delivery.c, notification_subscription.c
_now = bindparam("now", type_=_own.due_at.type)
_living = living(_subscription.id, _subscription.via).cte("living")
_PENDING = Statement(
    select(_living.c.via, func.count().label("number"), func.min(_own.due_at).filter(_own.due_at <= _now).label("due"))
    .join_from(_living, notification_delivery, _own.subscription_id == _living.c.id)
    .where(text("notification_delivery.status = 'pending'"))
    .group_by(_living.c.via)
)
_FAILED = Statement(
    select(_subscription.via, func.count().label("number"))
    .join_from(notification_subscription, notification_delivery, _own.subscription_id == _subscription.id)
    .where(text("notification_delivery.status = 'failed'"))
    .group_by(_subscription.via)
)


class Backlog(Struct):
    """Of what goes by one way: how many deliveries are pending, how many failed for good, and for how many s the oldest
    that is due has been due."""

    pending: int = 0
    failed: int = 0
    lag_s: float = 0.0


async def backlog(tx: Tx) -> dict[str, Backlog]:
    """By `via`. What is pending of subscriptions that are disabled counts nowhere."""
    found: dict[str, Backlog] = {}
    for row in await tx.all(_PENDING, now=tx.now):
        one = found.setdefault(row["via"], Backlog())
        one.pending = row["number"]
        one.lag_s = 0.0 if row["due"] is None else (tx.now - row["due"]).total_seconds()
    for row in await tx.all(_FAILED):
        found.setdefault(row["via"], Backlog()).failed = row["number"]
    return found
