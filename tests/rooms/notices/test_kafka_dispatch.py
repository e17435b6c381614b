"""From the API to a topic: what happens is written by the dispatcher, also while brokers are away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.db import Row
from ohmstead.rooms.notices.dispatcher import Dispatcher
from ohmstead.rooms.notices.kafka import Kafka, KafkaTransport
from ohmstead.rooms.notices.tables import notification_delivery, notification_event
from ohmstead.rooms.operator.outbound import Outbound
from ohmstead.store.engine import PostgresDatabase
from tests.brokers import Brokers, brokers
from tests.client import Client
from tests.given import Given

FAST = 100.0
PLACES = 5


@pytest.fixture
async def cluster() -> AsyncIterator[Brokers]:
    async with brokers() as made:
        yield made


class Worker:
    """Sends to Kafka, in fast time."""

    def __init__(self, system: System, database: PostgresDatabase, clock: SystemClock) -> None:
        self._database, self._clock, self._outbox = database, clock, system.outbox
        self._kafka = Kafka(Outbound(["127.0.0.1"]), "acme", timeout_s=0.5)
        self.made: list[KafkaTransport] = []
        self.dispatcher = Dispatcher(database, system.vault, clock, {"kafka": self._transport}, lambda: 1)

    def _transport(self, row: Row, secret: str) -> KafkaTransport:
        self.made.append(self._kafka.transport(row["id"], row["kafka"], None, secret, self._clock))
        return self.made[-1]

    async def until(self, least: dict[str, int]) -> None:
        """Fan out, and wait for so many deliveries of each status, those tried in vain being `tried`."""
        await self._outbox.drain()
        own = notification_delivery.c
        async with asyncio.timeout(20):
            while True:
                async with self._database.read() as tx:
                    rows = await tx.all(select(own.status, func.count().label("count")).group_by(own.status))
                    tried = await tx.value(select(func.count()).where(own.status == "pending", own.attempts > 0))
                there = {row["status"]: row["count"] for row in rows} | {"tried": tried}
                if all(there.get(status, 0) >= count for status, count in least.items()):
                    return
                await self._clock.sleep(2)


@asynccontextmanager
async def worker(system: System) -> AsyncIterator[Worker]:
    clock = SystemClock(FAST)
    database = await PostgresDatabase.connect(system.dsn, clock, 4)
    made = Worker(system, database, clock)
    running = asyncio.create_task(made.dispatcher.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await database.close()


async def renamed(api: Client, place: dict[str, Any], text: str) -> None:
    path = f"/resources/locations/v2.0/{place['id']}"
    answer = await api.patch(path, {"name": [{"locale": "en", "translation": text}]})
    assert answer.status == 200, answer.body


async def test_brokers_that_are_away_lose_nothing(system: System, api: Client, given: Given, cluster: Brokers) -> None:
    kafka = {"topic": "places", "brokers": [cluster.address], "compressionCodec": "snappy"}
    wanted = {"via": "kafka", "notifications": ["LocationChangedNotification"], "kafka": kafka}
    subscription = await given.made("/notifications/v2.0", wanted)
    places = [await given.location() for _ in range(PLACES)]
    async with worker(system) as work:
        await work.until({"delivered": PLACES})
        await cluster.go_away()
        for number in range(3):
            for place in places:
                await renamed(api, place, f"Name {number}")
        await work.until({"pending": 3 * PLACES, "tried": PLACES})
        assert work.made[0].waiting <= PLACES  # the others are in the table
        await cluster.come_back()
        await work.until({"delivered": 4 * PLACES})
    async with system.database.read() as tx:
        events = await tx.all(select(notification_event).order_by(notification_event.c.id))
    found = await cluster.read("places", 4 * PLACES)
    came: dict[bytes, dict[bytes, bytes]] = {}
    for record in sorted(found, key=lambda one: (one.partition, one.offset)):
        headers = dict(record.headers)
        assert headers["X-Webhook-Id"] == str(subscription["id"]).encode()
        came.setdefault(record.key, {}).setdefault(headers["webhook-id"], record.value)
    written = {f"location:{place['id']}".encode(): {} for place in places}
    for event in events:
        written[event["entity"].encode()][b"msg_%d" % event["id"]] = event["body"]
    assert {key: list(bodies.items()) for key, bodies in came.items()} == {
        key: list(bodies.items()) for key, bodies in written.items()
    }
    last = msgspec.json.decode(events[-1]["body"])
    assert last["notification"] == "LocationChangedNotification"
    assert "Name 2" in str(last)
