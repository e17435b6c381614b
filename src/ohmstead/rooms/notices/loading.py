"""Loading: what is to be sent to one subscriber now, in the order in which it happened."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, all_, and_, bindparam, func, literal, or_, select, text

from ohmstead.kit.db import Database, Row, Statement
from ohmstead.kit.facts import outbox
from ohmstead.rooms.notices.lanes import Delivery
from ohmstead.rooms.notices.tables import notification_delivery, notification_event
from ohmstead.rooms.notices.transport import Message

_END = 2**63 - 1
_own, _event = notification_delivery.c, notification_event.c
_retried = notification_delivery.alias("retried")
_now = bindparam("now", type_=_own.due_at.type)
_subscription = bindparam("subscription", type_=BigInteger)

_untold = (
    select(func.min(outbox.c.id)).where(outbox.c.attempts == 0, outbox.c.failed_at.is_(None)).scalar_subquery()
)  # fmt: skip
_below_the_watermark = _own.fact_id < func.coalesce(_untold, literal(_END, BigInteger))
"""What happened before all that is not told yet. Several read the outbox at once, each its batch: what lies before one
may come later. It is seen in the same snapshot as the deliveries."""

_waiting = select(_retried.c.entity).where(  # the words are those of the indexes
    text("retried.status = 'pending' AND retried.attempts > 0"),
    _retried.c.subscription_id == _subscription,
    _retried.c.due_at > _now,
)
"""Entities of which the first is to be tried again later. `NOT IN` hashes them, once; with `NOT EXISTS` the server was
seen to go through all of them for each of a hundred thousand deliveries."""
_DUE = Statement(
    select(*_own["id", "fact_id", "event_id", "name", "entity", "attempts"], _event.body)
    .join(notification_event, _event.id == _own.event_id)
    .where(
        _own.subscription_id == _subscription,
        text("notification_delivery.status = 'pending'"),
        or_(_own.attempts == 0, _own.due_at <= _now),
        _below_the_watermark,
        and_(
            _own.id != all_(bindparam("loaded", type_=ARRAY(BigInteger))),
            _own.entity != all_(bindparam("held", type_=ARRAY(Text))),
        ),
        _own.entity.not_in(_waiting),
    )
    .order_by(_own.fact_id, _own.id)
    .limit(bindparam("most", type_=BigInteger))
)


async def due(database: Database, subscription: int, loaded: list[int], held: list[str], most: int) -> list[Delivery]:
    """At most so many, but for those that are loaded and those of entities that are held. Of an entity nothing is due
    while its first is to be tried again later."""
    async with database.read() as tx:
        values: dict[str, Any] = {"subscription": subscription, "loaded": loaded, "held": held, "most": most}
        return [_delivery(row) for row in await tx.all(_DUE, now=tx.now, **values)]


def _delivery(row: Row) -> Delivery:
    message = Message(
        delivery_id=row["id"], id=f"msg_{row['event_id']}", name=row["name"], entity=row["entity"], body=row["body"]
    )
    return Delivery(fact_id=row["fact_id"], attempts=row["attempts"], message=message)
