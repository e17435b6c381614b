"""The delivery log: what was sent to whom, how often it was tried and what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, Text, any_, bindparam, cast, func, literal, select

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.filters import Filter, equals, one_of, since, until
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Id, Opt, View
from ohmstead.rooms.notices.rights import lacking
from ohmstead.rooms.notices.tables import notification_delivery, notification_event

Status = Literal["pending", "delivered", "failed"]
_own = notification_delivery.c
_BODIES = Statement(
    select(_own.id, _own.name, notification_event.c.body)
    .join(notification_event, notification_event.c.id == _own.event_id)
    .where(_own.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
)


class Attempt(View):
    """One of them."""

    at: datetime
    status: Annotated[int | None, Meta(description="Of HTTP, where there was an answer.")]
    error: str | None
    latency_ms: int


class Delivery(View):
    """An event on its way to one subscription."""

    id: Id
    subscription_id: int
    event_id: Annotated[str, Meta(description="What receivers get as webhook-id, the same for every subscription.")]
    name: Annotated[str, Meta(description="The notification.")]
    entity: Annotated[str, Meta(description="What it happened to, for example evse:7: that is told in its order.")]
    status: Status
    attempts: int
    log: list[Attempt]
    response_status: int | None
    error: str | None
    latency_ms: Annotated[int | None, Meta(description="Of the last attempt.")]
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    bytes: Annotated[int, Meta(description="Of the body.")]
    created_at: datetime
    body: Annotated[
        Opt[str | None], Meta(description="What is sent, to the byte; null where the token may not read what it tells.")
    ] = UNSET


async def _bodies(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, Any]:
    rows = await tx.all(_BODIES, ids=ids)
    return {row["id"]: row["body"].decode() for row in rows if not any(lacking(context.actor, row["name"]))}


def _event(value: Any) -> Any:
    """Of the event of an id; what is no id is none of any."""
    return _own.event_id == cast(func.substring(value, r"^(?:msg_)?([0-9]{1,18})$"), BigInteger)


deliveries = Resource(
    "notification-deliveries",
    notification_delivery,
    tag="internal / notification-deliveries",
    title="Notification delivery",
    key="delivery",
    access=OPERATOR,
    versions=[Version("v1.0", Delivery, verbs=("list", "read"), internal=True)],
    columns={
        "event_id": literal("msg_").concat(_own.event_id),
        "attempts": func.jsonb_array_length(_own.log),  # the column counts those that are left, see `resend`
        "next_attempt_at": _own.due_at,
    },
    filters=[
        equals("subscriptionId", _own.subscription_id, int),
        equals("notification", _own.name),
        equals("entity", _own.entity),
        one_of("status", _own.status, "pending", "delivered", "failed"),
        since("createdAfter", _own.created_at),
        until("createdBefore", _own.created_at),
        Filter("eventId", str, _event, Text()),
    ],
    includes=(Include("body", _bodies),),
)
