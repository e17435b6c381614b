"""Subscriptions: who wants to be told of what, by webhook or by Kafka."""

from functools import partial
from typing import Annotated, Literal

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, Text, all_, bindparam, delete, select, text

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.groups import API
from ohmstead.kit.operations import Operation
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Columns
from ohmstead.kit.resources import Resource
from ohmstead.kit.serving import operations_of
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.notices import names
from ohmstead.rooms.notices.endpoints import (
    CallbackUrl,
    Kafka,
    Webhook,
    endpoints,
    password_of,
    shown,
    speaks_kafka,
    wrong_account,
)
from ohmstead.rooms.notices.names import Asked, told
from ohmstead.rooms.notices.rights import lacking
from ohmstead.rooms.notices.tables import notification_delivery, notification_subscription
from ohmstead.rooms.notices.wanted import subscription_changed
from ohmstead.rooms.operator.admins import api_token

Names = Annotated[list[Asked], Meta(min_length=1)]
_own = notification_subscription.c
_VERBS = ("list", "create", "read", "replace", "delete")
_REVOKED = Statement(select(api_token.c.revoked_at).where(api_token.c.id == bindparam("token", type_=BigInteger)))
_UNWANTED = Statement(
    delete(notification_delivery).where(
        notification_delivery.c.subscription_id == bindparam("key", type_=BigInteger),
        text("notification_delivery.status = 'pending'"),  # the words of its index
        notification_delivery.c.name != all_(bindparam("events", type_=ARRAY(Text))),
    )
)


class Subscription(View):
    """Who is told of what, one way or the other."""

    id: Id
    via: Literal["webhook", "kafka"]
    notifications: Names
    webhook: Opt[Webhook] = UNSET
    kafka: Opt[Kafka] = UNSET


class SubscriptionV1(View):
    """A webhook."""

    webhook_id: ReadOnly[int]
    notifications: Names
    callback_url: CallbackUrl


class _Subscriptions(Resource):
    """They are served beside the resources, not below them."""

    def path(self, version: Version, verb: str) -> str:
        return super().path(version, verb).replace(f"{API}resources/", API, 1)


subscriptions = _Subscriptions(
    "notifications",
    notification_subscription,
    tag="notifications",
    title="Notification",
    key="notification",
    access=OPERATOR,
    versions=[Version("v2.0", Subscription, verbs=_VERBS, extra_statuses={"replace": (409,)})],
    parts={"webhook": Columns({"callback_url": _own.callback_url})},
)
subscriptions_v1 = _Subscriptions(  # webhooks alone: it has no words for others
    "notifications",
    notification_subscription,
    tag=subscriptions.tag,
    title=subscriptions.title,
    key=subscriptions.key,
    access=subscriptions.access,
    versions=[
        Version(
            "v1.0",
            SubscriptionV1,
            pages=Pages.NUMBER,
            deprecated=True,
            verbs=_VERBS,
            field_names={"webhook.callbackUrl": "callbackUrl"},
            extra_statuses={"replace": (409,)},
            unwrapped=("create",),
        )
    ],
    columns={"webhook_id": _own.id},
    where=_own.via == "webhook",
    hooks=subscriptions.hooks,
)


def operations() -> list[Operation]:
    """All of both versions; those that make a subscription with what it may be told."""
    found = operations_of(subscriptions, subscriptions_v1)
    for one in found:
        if one.method == "POST":
            one.callbacks = names.NOTIFICATIONS
    return found


@subscriptions.creating
async def its_token_signs(write: Write) -> None:
    write.values["token_id"] = write.call.actor.token_id


@subscriptions.updating
async def it_is_told_again(write: Write) -> None:
    assert write.before is not None
    if await is_revoked(write.tx, write.before):
        raise Conflict("The token that signs for the notification is revoked. Create another one.")
    write.values |= {"disabled_at": None, "disabled_reason": None, "failing_since": None}


@subscriptions.writing
async def names_become_events(write: Write) -> None:
    """Each once, under the name that is told now; what it tells of the token has to be let see."""
    asked: list[Asked] = write.values["notifications"]
    for number, name in enumerate(asked):
        for scope in lacking(write.call.actor, told(name)):
            write.add_error(f"notifications.{number}", f"The token has no right of {scope}.")
    write.values["notifications"] = list(dict.fromkeys(asked))
    write.values["events"] = list(dict.fromkeys(map(told, asked)))


@subscriptions.writing
async def it_goes_one_way(write: Write) -> None:
    """What is said of the other way is an error, and what was known of it goes."""
    via, kafka, url = write.values.setdefault("via", "webhook"), write.values.get("kafka"), _url(write)
    write.values |= {"callback_url": url, "kafka": None, "kafka_password": None}
    if via == "webhook" and kafka is not None:
        write.add_error("kafka", "The kafka field is for notifications via kafka.")
    if via == "kafka" and url is not None:
        write.add_error("webhook", "The webhook field is for notifications via webhook.")
    if via == "kafka":
        _by_kafka(write, kafka)
    elif url is None:
        write.add_error("webhook", "The webhook field is required for notifications via webhook.")
    elif (objection := endpoints.current.objection(url)) is not None:
        write.add_error("webhook.callbackUrl", objection)


def _url(write: Write) -> str | None:
    return write.values.get("callback_url")


def _by_kafka(write: Write, kafka: Kafka | None) -> None:
    if not speaks_kafka():
        write.add_error("via", "Kafka is not installed here: pip install ohmstead[kafka].")
    if kafka is None:
        write.add_error("kafka", "The kafka field is required for notifications via kafka.")
        return
    vault = endpoints.current.vault
    for number, why in endpoints.current.objections(kafka.brokers):
        write.add_error(f"kafka.brokers.{number}", why)
    password = password_of(kafka, write.before, vault)
    for field, why in wrong_account(kafka, password):
        write.add_error(field, why)
    write.values["kafka"] = shown(kafka)
    write.values["kafka_password"] = vault.close(password) if password else None


@subscriptions.updated
async def what_it_wants_no_more_is_not_sent(write: Write) -> None:
    await write.tx.run(_UNWANTED, key=write.id, events=write.values["events"])


@subscriptions.written
@subscriptions.deleted
async def nodes_look_again(write: Write) -> None:
    write.tx.after_commit(partial(subscription_changed, write.id, write.values.get("events", ())))


async def is_revoked(tx: Tx, row: Row) -> bool:
    """Whether the token of a subscription is."""
    return await tx.value(_REVOKED, token=row["token_id"]) is not None
