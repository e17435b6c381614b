"""Wanted: keeps the topics that subscribers want to be told of, so that facts of others need carry no content."""

import asyncio
from collections.abc import Collection
from contextlib import suppress

from sqlalchemy import func

from ohmstead.kit import facts
from ohmstead.kit.db import Database, Statement
from ohmstead.kit.signals import Signal
from ohmstead.rooms.notices import names
from ohmstead.rooms.notices.living import living
from ohmstead.rooms.notices.tables import notification_subscription

EVERY_S = 1.0
_EVENTS = Statement(living(func.unnest(notification_subscription.c.events).label("event")).distinct())
changed = Signal()
"""A subscription was written here; with its id."""


def subscription_changed(subscription_id: int, events: Collection[str] = ()) -> None:
    """A subscription was written here and is durable; it wants these events."""
    facts.wanted.update(_topics(events))
    changed.send(subscription_id)


def _topics(events: Collection[str]) -> set[str]:
    return {one.fact.topic for one in names.NOTIFICATIONS if one.name in events}


class Wanted:
    """Keeps `kit.facts.wanted`: at once where a subscription is written here, else within a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stale = asyncio.Event()

    async def run(self) -> None:
        """Look for ever."""
        end = changed.connect(self._written)
        try:
            while True:
                await self.look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_S):
                        await self._stale.wait()
        finally:
            end()

    def _written(self, _: int) -> None:
        self._stale.set()

    async def look(self) -> None:
        """Set what is wanted to what living subscriptions want; again where one is written meanwhile."""
        while True:
            self._stale.clear()
            async with self._database.read() as tx:
                topics = _topics({row["event"] for row in await tx.all(_EVENTS)})
            if not self._stale.is_set():
                break
        facts.wanted.intersection_update(topics)
        facts.wanted.update(topics)
