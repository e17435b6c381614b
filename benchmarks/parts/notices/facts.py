"""Facts as a busy system tells them, written to the outbox, and what the database says of their deliveries."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

EVENT, TOPIC = "LocationChangedNotification", "location.changed"
ENTITIES = 500
TICK_S = 0.02
_TELL = """INSERT INTO outbox (topic, payload, at, due_at)
    SELECT $1, payload, clock_timestamp(), clock_timestamp() FROM unnest($2::jsonb[]) AS payload RETURNING id"""
_LEFT = """SELECT (SELECT count(*) FROM notification_delivery
    WHERE subscription_id = $1 AND fact_id > $2 AND status = 'delivered')"""


class Facts:
    """Tells that one of many locations was changed, each with all that a client sees of it."""

    def __init__(self, connection: Any, location: dict[str, Any]) -> None:
        self._connection, self._numbers = connection, self._endless()
        self._payloads = [
            json.dumps({"id": id, "action": "updated", "content": location | {"id": id}})
            for id in range(1, ENTITIES + 1)
        ]

    def _endless(self) -> Iterator[int]:
        while True:
            yield from range(ENTITIES)

    async def tell(self, count: int) -> list[int]:
        """So many at once; their ids."""
        payloads = [self._payloads[next(self._numbers)] for _ in range(count)]
        rows = await self._connection.fetch(_TELL, TOPIC, payloads)
        await self._connection.execute("NOTIFY outbox")
        return [row["id"] for row in rows]

    async def pace(self, a_second: int, seconds: float) -> dict[int, float]:
        """So many a second, for a while: when each was told (unix s), by their ids."""
        told: dict[int, float] = {}
        begun, ticks = time.perf_counter(), round(seconds / TICK_S)
        for tick in range(1, ticks + 1):
            at = time.time()
            due = round(tick * TICK_S * a_second) - len(told)
            told |= dict.fromkeys(await self.tell(due), at)
            await asyncio.sleep(max(0.0, begun + tick * TICK_S - time.perf_counter()))
        return told

    async def newest(self) -> int:
        """The highest id of a fact that was told of."""
        return await self._connection.fetchval("SELECT coalesce(max(fact_id), 0) FROM notification_event")

    async def delivered(self, subscription: int, since: int, count: int, within_s: float) -> None:
        """Wait until so many of later facts are delivered; RuntimeError where it takes too long."""
        deadline = time.perf_counter() + within_s
        while (found := await self._connection.fetchval(_LEFT, subscription, since)) < count:
            if time.perf_counter() > deadline:
                raise RuntimeError(f"{found} of {count} were delivered within {within_s:g} s")
            await asyncio.sleep(0.05)

    async def bodies(self, since: int) -> list[bytes]:
        """Those of the events of later facts."""
        found = "SELECT body FROM notification_event WHERE fact_id > $1 ORDER BY id"
        return [row["body"] for row in await self._connection.fetch(found, since)]

    async def events(self, since: int) -> dict[str, int]:
        """Facts by the ids that messages bear."""
        found = "SELECT id, fact_id FROM notification_event WHERE fact_id > $1"
        return {f"msg_{row['id']}": row["fact_id"] for row in await self._connection.fetch(found, since)}


@asynccontextmanager
async def facts(dsn: str, location: dict[str, Any]) -> AsyncIterator[Facts]:
    connection = await asyncpg.connect(dsn)
    try:
        yield Facts(connection, location)
    finally:
        await connection.close()
