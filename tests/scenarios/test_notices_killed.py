"""The worker is killed again and again while it delivers: every event arrives, of each entity in order."""

import json
from collections.abc import AsyncIterator

import pytest

from ohmstead.app.system import System
from ohmstead.rooms.devices.durable_facts import DataTransferReceived
from ohmstead.rooms.notices.backlog import Backlog, backlog
from tests.receiver import Receiver, receiving
from tests.rooms.notices.noticed import deliveries, happen, subscribed
from tests.scenarios.server import Server
from tests.scenarios.waiting import becomes

EVENTS, STATIONS, KILLS = 10_000, 250, 5


@pytest.fixture
async def worker(system: System, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """One in a process of its own, on the database of the system."""
    monkeypatch.setenv("OHMSTEAD_PRIVATE_HOSTS", "127.0.0.1")
    made = Server(system.settings.data_dir, "worker", system.dsn)
    yield made
    if made.runs:
        await made.kill()


async def test_none_is_lost_and_the_order_stays(system: System, worker: Server) -> None:
    async with receiving() as receiver:
        id = await subscribed(system, "chargePoint.dataTransferReceived", url=receiver.url())
        await happen(
            system,
            *(
                DataTransferReceived(id=number % STATIONS + 1, vendor_id="v", message_id=None, data=str(number))
                for number in range(EVENTS)
            ),
        )

        async def arrived() -> int:
            return len({one.headers["webhook-id"] for one in receiver.received})

        for kill in range(1, KILLS + 1):
            await worker.start()
            await becomes(arrived, lambda number, kill=kill: number >= kill * EVENTS // (KILLS + 1))
            await worker.kill()
            assert await arrived() < EVENTS, "it was killed while it sent"
        await worker.start()
        await becomes(arrived, lambda number: number == EVENTS)

        async def pending() -> int:
            async with system.database.read() as tx:
                return (await backlog(tx)).get("webhook", Backlog()).pending

        await becomes(pending, lambda number: number == 0)
        rows = await deliveries(system, id)
        assert (len(rows), {row["status"] for row in rows}) == (EVENTS, {"delivered"})
        told = {f"msg_{row['event_id']}" for row in rows}
        assert {message for message, _, _ in ids(receiver).values()} == told
        for station in range(1, STATIONS + 1):
            first = [number for _, entity, number in ids(receiver).values() if entity == station]
            assert first == sorted(first)
        repeated = len(receiver.received) - EVENTS
        assert repeated < KILLS * 500, "of what was in flight, or not yet written, at a kill"


def ids(receiver: Receiver) -> dict[str, tuple[str, int, int]]:
    """First arrivals in their order, by message: its id, its station, and its number."""
    found: dict[str, tuple[str, int, int]] = {}
    for one in receiver.received:
        message = one.headers["webhook-id"]
        if message not in found:
            body = json.loads(one.body)
            found[message] = message, body["chargePointId"], int(body["data"])
    return found
