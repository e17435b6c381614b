"""Wanted: keeps the topics that subscribers want to be told of, so that facts of others need carry no content."""

import asyncio
from collections.abc import Collection
from contextlib import suppress

from sqlalchemy import func, select

from ohmstead.kit import facts
from ohmstead.kit.db import Database, Statement
from ohmstead.kit.signals import Signal
from ohmstead.rooms.notices import names
from ohmstead.rooms.notices.tables import notification_subscription
from ohmstead.rooms.operator.admins import api_token

EVERY_S = 1.0
_own = notification_subscription.c
LIVING = _own.disabled_at.is_(None) & api_token.c.revoked_at.is_(None)
"""Of a subscription with its token: it is told of what happens."""
_EVENTS = Statement(
    select(func.unnest(_own.events).label("event"))
    .join_from(notification_subscription, api_token, api_token.c.id == _own.token_id)
    .where(LIVING)
    .distinct()
)
_changed = Signal()


def subscriptions_changed(events: Collection[str] = ()) -> None:
    """A subscription was written here and is durable; it wants these events."""
    facts.wanted.update(_topics(events))
    _changed.send()


def _topics(events: Collection[str]) -> set[str]:
    return {one.fact.topic for one in names.NOTIFICATIONS if one.name in events}


class Wanted:
    """Keeps `kit.facts.wanted`: at once where a subscription is written here, else within a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stale = asyncio.Event()

    async def run(self) -> None:
        """Look for ever."""
        end = _changed.connect(self._stale.set)
        try:
            while True:
                await self.look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_S):
                        await self._stale.wait()
        finally:
            end()

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
