"""Facts of these tests, the notifications that follow from them, and subscriptions to those."""

from datetime import datetime
from typing import Any, Protocol

from msgspec import UNSET
from sqlalchemy import insert, select, update

from ohmstead.kit.db import Row, Tx
from ohmstead.kit.facts import Fact, contents, outbox
from ohmstead.kit.notifications import Notification
from ohmstead.kit.views import View
from ohmstead.rooms.notices.tables import notification_delivery, notification_event, notification_subscription
from ohmstead.rooms.operator.admins import Vault, api_token, create_token
from ohmstead.store.engine import PostgresDatabase


class Placed(Protocol):
    """A system, or what stands in for one."""

    @property
    def database(self) -> PostgresDatabase: ...
    @property
    def vault(self) -> Vault: ...


NAMES = ("thing.changed", "ThingNotification")


class Happened(Fact, topic="test.notices"):
    """Something happened to thing `id`; `fault` is what its payload fails with."""

    id: int
    number: int = 0
    fault: str | None = None
    silent: bool = False


class Described(Fact, topic="test.notices.described"):
    """Something that is told with its content."""

    id: int


class Payload(View):
    """Of both."""

    id: int
    number: int
    at: str


class Description(View):
    """Of what has a content."""

    id: int
    word: str


described: dict[int, str] = {}


@contents(Described)
async def _content(tx: Tx, ids: list[int]) -> dict[int, Any]:
    return {id: {"word": described[id]} for id in ids if id in described}


def _payload(fact: Happened, at: str) -> Payload | None:
    if fact.fault is not None:
        raise ValueError(fact.fault)
    return None if fact.silent else Payload(id=fact.id, number=fact.number, at=at)


def _description(fact: Described, at: str) -> Description | None:
    return None if fact.content is UNSET else Description(id=fact.id, word=fact.content["word"])


TABLE = (
    Notification("thing.changed", Happened, Payload, _payload, "thing", "things"),
    Notification("ThingNotification", Happened, Payload, _payload, "thing", "things", deprecated=True),
    Notification("thing.described", Described, Description, _description, "thing", "things"),
)


async def subscribed(
    system: Placed, *events: str, via: str = "webhook", url: str = "http://receiver.test/a", **values: Any
) -> int:
    """A subscription with a token of its own; its id."""
    async with system.database.begin() as tx:
        await create_token(tx, system.vault, "notices", ["*"])
        token_id = await tx.value(select(api_token.c.id).order_by(api_token.c.id.desc()).limit(1))
        row = {
            "via": via, "notifications": list(events), "events": list(events), "callback_url": url,
            "token_id": token_id, "created_at": tx.now, "updated_at": tx.now,
        } | values  # fmt: skip
        return await tx.value(insert(notification_subscription).values(row).returning(notification_subscription.c.id))


async def changed(system: Placed, id: int, **values: Any) -> None:
    """A subscription is changed."""
    own = notification_subscription.c
    async with system.database.begin() as tx:
        await tx.run(
            update(notification_subscription).where(own.id == id).values({"updated_at": tx.now} | values)
        )  # fmt: skip


async def happen(system: Placed, *facts: Fact) -> None:
    """Tell facts, in a transaction."""
    async with system.database.begin() as tx:
        for fact in facts:
            tx.tell(fact)


async def waiting(system: Placed) -> list[Row]:
    """What lies in the outbox."""
    async with system.database.read() as tx:
        return await tx.all(select(outbox).order_by(outbox.c.id))


async def events(system: Placed) -> list[Row]:
    async with system.database.read() as tx:
        return await tx.all(select(notification_event).order_by(notification_event.c.id))


async def deliveries(system: Placed, subscription_id: int | None = None) -> list[Row]:
    """In the order of what they tell."""
    own = notification_delivery.c
    found = select(notification_delivery).order_by(own.fact_id, own.id)
    if subscription_id is not None:
        found = found.where(own.subscription_id == subscription_id)
    async with system.database.read() as tx:
        return await tx.all(found)


async def moment(system: Placed) -> datetime:
    """When the first thing in the outbox happened."""
    return (await waiting(system))[0]["at"]
