"""The fan-out: facts of the outbox become events, each with its body, and deliveries to whoever wants them."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from msgspec import UNSET, Struct, structs
from sqlalchemy import BigInteger, LargeBinary, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import DatabaseUnavailable, Row, Statement, Tx, UnknownReference, as_columns, unnested_rows
from ohmstead.kit.facts import Fact, content_of, fact_of
from ohmstead.kit.notifications import Notification
from ohmstead.kit.signals import Signal
from ohmstead.kit.views import stamp
from ohmstead.rooms.notices.living import living
from ohmstead.rooms.notices.names import NOTIFICATIONS
from ohmstead.rooms.notices.tables import (
    notification_delivery,
    notification_event,
    notification_subscription,
)
from ohmstead.store.engine import PostgresDatabase

log = structlog.get_logger("ohmstead.notices")

CHANNEL = "notices"
Failed = dict[int, Exception]
_subscription, _event, _delivery = notification_subscription.c, notification_event.c, notification_delivery.c
_SUBSCRIPTIONS = Statement(living(_subscription.id, _subscription.events, _subscription.created_at))

_made = unnested_rows(fact_id=BigInteger, name=Text, entity=Text, body=LargeBinary)
_now = bindparam("now", type_=_event.created_at.type)
_EVENTS = Statement(
    insert(notification_event)
    .from_select(["fact_id", "name", "entity", "body", "created_at"], select(_made, _now))
    .on_conflict_do_nothing(constraint="uq_notification_event_fact_id_name")
)
_wanted = unnested_rows(subscription_id=BigInteger, fact_id=BigInteger, name=Text)
_DELIVERIES = Statement(
    insert(notification_delivery)
    .from_select(
        ["subscription_id", "event_id", "fact_id", "name", "entity", "bytes", "due_at", "created_at"],
        select(
            _wanted.c.subscription_id, _event.id, _event.fact_id, _event.name, _event.entity, func.length(_event.body),
            _now, _now,
        )
        .join_from(
            _wanted,
            notification_event,
            (_event.fact_id == _wanted.c.fact_id) & (_event.name == _wanted.c.name),
        )
        .order_by(_event.fact_id, _event.id),
    )
    .on_conflict_do_nothing(constraint="uq_notification_delivery_event_id_subscription_id")
)  # fmt: skip


class _Told(Struct):
    """A fact that somebody wants to be told of: its row, and who wants which events of it."""

    row: Row
    fact: Fact
    wanted: Mapping[str, list[int]]


class FanOut:
    """Takes batches of rows of the outbox, a batch more than once where it must be: an event is made once, and of it a
    delivery to each subscription that was there when it happened."""

    def __init__(
        self, database: PostgresDatabase, clock: Clock, notifications: Sequence[Notification[Any]] = NOTIFICATIONS
    ) -> None:
        self._database, self._clock = database, clock
        self._by_topic: dict[str, list[Notification[Any]]] = {}
        for one in notifications:
            self._by_topic.setdefault(one.fact.topic, []).append(one)
        self._concerned: set[int] = set()
        self.made = Signal()  # so many events, and deliveries of them; those of a batch that was broken off once more

    async def __call__(self, rows: Sequence[Row]) -> Failed:
        """Which of them failed, and why, by their ids."""
        rows = [row for row in rows if row["topic"] in self._by_topic]
        return await self._isolated(rows) if rows else {}

    def announce(self, *_: Any) -> None:
        """Tell the senders of what was made: call it once its facts have left the outbox, for they wait for that."""
        if self._concerned:
            concerned, self._concerned = self._concerned, set()
            self._database.notifier_of(CHANNEL).notify(*concerned)

    async def _isolated(self, rows: Sequence[Row]) -> Failed:
        """A batch; where that fails as a whole each row for itself, so that a bad one holds up no other."""
        try:
            return await self._batch(rows)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            if len(rows) == 1:
                return {rows[0]["id"]: error}
        failed: Failed = {}
        for row in rows:
            failed |= await self._isolated([row])
        return failed

    async def _batch(self, rows: Sequence[Row]) -> Failed:
        failed: Failed = {}
        async with self._database.read() as tx:
            subscriptions = await tx.all(_SUBSCRIPTIONS)
            told = self._wanted(rows, subscriptions, failed)
            await _fill(tx, told, failed)
        events, deliveries = self._make(told, failed)
        if events:
            await self._write(events, deliveries)
            self.made.send(len(events), len(deliveries))
            self._concerned.update(row["subscription_id"] for row in deliveries)
        return failed

    def _wanted(self, rows: Sequence[Row], subscriptions: Sequence[Row], failed: Failed) -> list[_Told]:
        """What some subscription wants that was there before it happened."""
        found = []
        for row in rows:
            names = {one.name for one in self._by_topic[row["topic"]]}
            there = [one for one in subscriptions if one["created_at"] <= row["at"]]
            wanted = {name: [one["id"] for one in there if name in one["events"]] for name in names}
            if any(wanted.values()):
                try:
                    found.append(_Told(row, fact_of(row["topic"], row["payload"]), wanted))
                except Exception as error:
                    failed[row["id"]] = error
        return found

    def _make(self, told: Sequence[_Told], failed: Failed) -> tuple[list[Row], list[Row]]:
        events: list[Row] = []
        deliveries: list[Row] = []
        for one in told:
            for notification in self._by_topic[one.row["topic"]]:
                subscribers = one.wanted[notification.name]
                try:
                    event = _event_of(one, notification) if subscribers else None
                except Exception as error:
                    failed[one.row["id"]] = error
                    event = None
                if event is not None:
                    events.append(event)
                    named = {"fact_id": event["fact_id"], "name": event["name"]}
                    deliveries += [{"subscription_id": id} | named for id in subscribers]
        return events, deliveries

    async def _write(self, events: list[Row], deliveries: list[Row]) -> None:
        try:
            async with self._database.begin() as tx:
                await tx.run(_EVENTS, now=tx.now, **as_columns(events))
                await tx.run(_DELIVERIES, now=tx.now, **as_columns(deliveries))
        except UnknownReference:  # a subscription was deleted in between; whoever is left is told
            async with self._database.read() as tx:
                left = {row["id"] for row in await tx.all(_SUBSCRIPTIONS)}
            if remaining := [row for row in deliveries if row["subscription_id"] in left]:
                await self._write(events, remaining)


async def _fill(tx: Tx, told: list[_Told], failed: Failed) -> None:
    """Give facts the content that they were told without, for a subscription was too young: as it is now."""
    lacking: dict[str, list[_Told]] = {}
    for one in told:
        if one.fact.content is UNSET and hasattr(one.fact, "id"):
            lacking.setdefault(one.row["topic"], []).append(one)
    for topic, those in lacking.items():
        try:
            found = await content_of(tx, topic, [*{one.fact.id for one in those}])  # type: ignore[attr-defined]
        except DatabaseUnavailable:
            raise
        except Exception as error:
            failed.update((one.row["id"], error) for one in those)
            found = {}
        for one in those:
            content = found.get(one.fact.id)  # type: ignore[attr-defined]
            if content is not None:
                one.fact = structs.replace(one.fact, content=content)
    told[:] = [one for one in told if one.row["id"] not in failed]


def _event_of(told: _Told, notification: Notification[Any]) -> Row | None:
    """The event of a fact; None where nothing is told of it."""
    payload = notification.build(told.fact, stamp(told.row["at"]))
    if payload is None:
        return None
    entity = notification.entity_of(told.fact)
    return {
        "fact_id": told.row["id"], "name": notification.name, "entity": entity, "body": notification.body(payload),
    }  # fmt: skip
