"""How subscriptions fare: what the published API does not say of them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import case, exists, func, select, text

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, View
from ohmstead.rooms.notices.tables import notification_delivery, notification_subscription
from ohmstead.rooms.operator.admins import api_token

State = Literal["enabled", "disabled", "tokenRevoked"]
_own = notification_subscription.c
_revoked = exists().where(api_token.c.id == _own.token_id, api_token.c.revoked_at.is_not(None))


class SubscriptionState(View):
    """A subscription, and what is on its way to it."""

    id: Id
    via: Literal["webhook", "kafka"]
    notifications: list[str]
    callback_url: str | None
    state: Annotated[State, Meta(description="A token that is revoked signs nothing any more.")]
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: Annotated[datetime | None, Meta(description="Since then nothing was delivered.")]
    resent_at: datetime | None
    pending: Annotated[int, Meta(description="How many deliveries wait, or are under way.")]
    failed: Annotated[int, Meta(description="How many are on the failed list.")]


def _deliveries(status: str) -> Any:
    its = notification_delivery.c.subscription_id == _own.id
    counted = select(func.count()).where(its, text(f"notification_delivery.status = '{status}'"))  # as its index has it
    return counted.correlate(notification_subscription).scalar_subquery()


states = Resource(
    "notifications",
    notification_subscription,
    tag="internal / notifications",
    title="Notification",
    key="notification",
    access=OPERATOR,
    versions=[Version("v1.0", SubscriptionState, verbs=("list", "read"), internal=True)],
    columns={
        "state": case((_own.disabled_at.is_not(None), "disabled"), (_revoked, "tokenRevoked"), else_="enabled"),
        "pending": _deliveries("pending"),
        "failed": _deliveries("failed"),
    },
)
