"""Resending: what could not be delivered to a subscription is tried once more."""

from datetime import datetime, timedelta
from functools import partial

from msgspec import UNSET
from sqlalchemy import ARRAY, BigInteger, Text, any_, bindparam, func, text, update

from ohmstead.engines.delivery_schedule import MOST_ATTEMPTS
from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Conflict, Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View, aware, stamp
from ohmstead.rooms.notices.names import told
from ohmstead.rooms.notices.subscriptions import Names, is_revoked, subscriptions
from ohmstead.rooms.notices.tables import notification_delivery, notification_subscription
from ohmstead.rooms.notices.wanted import subscription_changed

EVERY = timedelta(minutes=15)
_own, _subscription = notification_delivery.c, notification_subscription.c
_key = bindparam("key", type_=BigInteger)
_since, _until = (bindparam(name, type_=_own.created_at.type) for name in ("since", "until"))
_RESEND = Statement(
    update(notification_delivery)
    .where(
        _own.subscription_id == _key,
        text("notification_delivery.status = 'failed'"),  # the words of its index
        _own.name == any_(bindparam("events", type_=ARRAY(Text))),
        _since.is_(None) | (_own.created_at >= _since),
        _until.is_(None) | (func.date_trunc("second", _own.created_at) <= _until),
    )
    .values(status="pending", due_at=bindparam("now"), attempts=func.greatest(_own.attempts, MOST_ATTEMPTS - 1))
)
_RESENT = Statement(
    update(notification_subscription).where(_subscription.id == _key).values(resent_at=bindparam("now"))
)

actions = Group("action / notifications", "actions/notifications/v1.0/", "notifications", access=OPERATOR)


class Resend(View):
    """What to send again: of these names, and of what happened from one moment to another."""

    notifications: Names
    start_time: Opt[datetime] = UNSET
    end_time: Opt[datetime] = UNSET


@actions.post(
    "{notification}/resend", "Notifications / Resend Failed", body=Resend, errors=(401, 403, 404, 409, 422, 429)
)
async def resend(call: Call, body: Resend) -> None:
    """Try once more to deliver what failed for good; what fails again can be resent later. It may come after what
    happened to the same thing since. Once in 15 minutes for a subscription."""
    subscription = await subscriptions.find(call, lock=True)
    since, until = _moment(body.start_time), _moment(body.end_time)
    if since and until and until < since:
        raise Invalid(endTime="The end time must not be before the start time.")
    await _check(call, subscription)
    tx, key, events = call.tx, subscription["id"], [told(name) for name in body.notifications]
    resent = await tx.run(_RESEND, key=key, events=events, since=since, until=until, now=call.now)
    await tx.run(_RESENT, key=key, now=call.now)
    call.changes = {"id": key, "resent": resent}
    tx.after_commit(partial(subscription_changed, key))


def _moment(given: Opt[datetime]) -> datetime | None:
    return aware(given) if isinstance(given, datetime) else None


async def _check(call: Call, subscription: Row) -> None:
    """Conflict where nothing can be resent now."""
    if subscription["disabled_at"] is not None:
        raise Conflict("The notification is disabled. Update it to enable it again.")
    if await is_revoked(call.tx, subscription):
        raise Conflict("The token that signs for the notification is revoked.")
    last: datetime | None = subscription["resent_at"]
    if last is not None and call.now < last + EVERY:
        raise Conflict(f"Failed notifications were resent less than 15 minutes ago. Wait until {stamp(last + EVERY)}.")
