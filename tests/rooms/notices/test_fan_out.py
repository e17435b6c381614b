"""The fan-out: what happened becomes events and deliveries, once, for whoever wanted them then."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import delete, update

from ohmstead.app.system import System
from ohmstead.kit.views import stamp
from ohmstead.rooms.notices.fan_out import CHANNEL, FanOut
from ohmstead.rooms.notices.tables import notification_delivery, notification_subscription
from ohmstead.rooms.operator.admins import api_token
from ohmstead.store.outbox import OutboxReader
from tests.rooms.notices.noticed import (
    NAMES,
    TABLE,
    Described,
    Happened,
    deliveries,
    described,
    events,
    happen,
    subscribed,
    waiting,
)


@pytest.fixture
def fan_out(system: System) -> FanOut:
    return FanOut(system.database, system.clock, TABLE)


@pytest.fixture
def reader(system: System, fan_out: FanOut) -> OutboxReader:
    made = OutboxReader(system.database, fan_out)
    made.told.connect(fan_out.announce)
    return made


async def test_each_event_is_made_once_and_delivered_to_each_who_wants_it(system: System, reader: OutboxReader) -> None:
    one = await subscribed(system, "thing.changed", "ThingNotification")
    other = await subscribed(system, "thing.changed")
    await subscribed(system, "thing.described")
    await happen(system, Happened(id=7, number=1))
    [row] = await waiting(system)
    await reader.drain()
    made = {event["name"]: event for event in await events(system)}
    assert made.keys() == set(NAMES)
    body = made["thing.changed"]["body"]
    assert body.startswith(b'{"notification":"thing.changed",')
    assert json.loads(body) == {"notification": "thing.changed", "id": 7, "number": 1, "at": stamp(row["at"])}
    assert (made["thing.changed"]["fact_id"], made["thing.changed"]["entity"]) == (row["id"], "thing:7")
    found = {(each["subscription_id"], each["name"]): each for each in await deliveries(system)}
    assert found.keys() == {(one, "thing.changed"), (one, "ThingNotification"), (other, "thing.changed")}
    mine = found[one, "thing.changed"]
    assert (mine["status"], mine["attempts"], mine["bytes"], mine["log"]) == ("pending", 0, len(body), [])
    assert (mine["event_id"], mine["fact_id"]) == (made["thing.changed"]["id"], row["id"])
    assert mine["entity"] == "thing:7"
    assert mine["due_at"] <= system.clock.now()


async def test_a_repeat_makes_nothing_twice_and_what_is_missing(system: System, fan_out: FanOut) -> None:
    one = await subscribed(system, "thing.changed")
    other = await subscribed(system, "thing.changed")
    await happen(system, Happened(id=7), Happened(id=8))
    rows = await waiting(system)
    assert await fan_out(rows) == {}
    before = await deliveries(system)
    async with system.database.begin() as tx:
        await tx.run(delete(notification_delivery).where(notification_delivery.c.subscription_id == other))
        await tx.run(update(notification_delivery).values(status="delivered"))
    assert await fan_out(rows) == {}
    again = await deliveries(system)
    assert len(await events(system)) == 2
    assert [row["id"] for row in before if row["subscription_id"] == one] == [
        row["id"] for row in again if row["subscription_id"] == one and row["status"] == "delivered"
    ]
    assert [row["status"] for row in again if row["subscription_id"] == other] == ["pending", "pending"]


async def test_one_that_cannot_be_built_is_put_off_and_the_others_are_told(
    system: System, reader: OutboxReader
) -> None:
    await subscribed(system, "thing.changed")
    await happen(system, Happened(id=1), Happened(id=2, fault="no such thing"), Happened(id=3))
    await reader.drain()
    assert [row["entity"] for row in await events(system)] == ["thing:1", "thing:3"]
    [left] = await waiting(system)
    assert (left["attempts"], "no such thing" in left["error"]) == (1, True)


async def test_one_that_no_column_holds_is_put_off_and_the_others_are_told(system: System, fan_out: FanOut) -> None:
    await subscribed(system, "thing.changed")
    await happen(system, Happened(id=1), Happened(id=2))
    good, bad = [dict(row) for row in await waiting(system)]
    assert await fan_out([bad | {"id": 2**70}, good]) != {}
    assert [row["entity"] for row in await events(system)] == ["thing:1"]


async def test_what_nothing_is_told_of_makes_no_event(system: System, reader: OutboxReader) -> None:
    await subscribed(system, "thing.changed")
    await happen(system, Happened(id=1, silent=True))
    await reader.drain()
    assert (await events(system), await waiting(system)) == ([], [])


@pytest.mark.parametrize("why", ["disabled", "revoked", "later", "unwanted"])
async def test_who_does_not_live_or_came_later_or_wants_others_is_not_told(
    system: System, reader: OutboxReader, why: str
) -> None:
    id = await subscribed(system, "thing.described" if why == "unwanted" else "thing.changed")
    async with system.database.begin() as tx:
        row: dict[str, Any] = {"disabled": {"disabled_at": tx.now}, "later": {"created_at": tx.now + timedelta(60)}}
        if why in row:
            await tx.run(update(notification_subscription).values(row[why]))
        elif why == "revoked":
            await tx.run(update(api_token).values(revoked_at=tx.now))
    await happen(system, Happened(id=1))
    await reader.drain()
    assert (await deliveries(system, id), await events(system)) == ([], [])


async def test_what_was_told_without_its_content_gets_it_as_it_is_now(system: System, reader: OutboxReader) -> None:
    await subscribed(system, "thing.described")
    described[7] = "blue"
    await happen(system, Described(id=7), Described(id=7, content={"word": "red"}), Described(id=8))
    await reader.drain()
    bodies = [json.loads(row["body"]) for row in await events(system)]
    assert [(body["id"], body["word"]) for body in bodies] == [(7, "blue"), (7, "red")]


async def test_a_batch_takes_few_statements_and_none_where_nothing_is_told_of_its_topics(
    system: System, fan_out: FanOut
) -> None:
    for _ in range(5):
        await subscribed(system, *NAMES)
    await happen(system, *(Happened(id=number) for number in range(100)))
    rows = await waiting(system)
    assert await fan_out(rows[:1]) == {}  # a new connection asks for types first
    with counted(system) as said:
        assert await fan_out(rows) == {}
    own = [text.split()[0] for text in said if "NOTIFY" not in text]
    assert own == ["SELECT", "BEGIN;", "WITH", "WITH", "COMMIT;"]
    assert len(await deliveries(system)) == 1_000
    with counted(system) as said:
        assert await fan_out([dict(row) | {"topic": "of.no.interest"} for row in rows]) == {}
    assert said == []


class counted:
    """The statements of a system's pool meanwhile."""

    def __init__(self, system: System) -> None:
        pool = system.database._pool
        self._holders = getattr(pool, "_pool", pool)._holders  # of one that is kept over tests its own
        self._said: list[str] = []

    def _note(self, record: Any) -> None:
        self._said.append(record.query)

    def __enter__(self) -> list[str]:
        for holder in self._holders:
            if holder._con is not None:
                holder._con.add_query_logger(self._note)
        return self._said

    def __exit__(self, *_: Any) -> None:
        for holder in self._holders:
            if holder._con is not None:
                holder._con.remove_query_logger(self._note)


async def test_a_subscription_that_is_deleted_meanwhile_holds_up_nobody(
    system: System, fan_out: FanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, stays = [await subscribed(system, "thing.changed") for _ in range(2)]
    await happen(system, Happened(id=1))
    make = fan_out._make

    def deleted(*arguments: Any) -> Any:
        made = make(*arguments)
        made[1].append({"subscription_id": gone + 100, "fact_id": made[0][0]["fact_id"], "name": "thing.changed"})
        return made

    monkeypatch.setattr(fan_out, "_make", deleted)
    assert await fan_out(await waiting(system)) == {}
    assert [row["subscription_id"] for row in await deliveries(system)] == [gone, stays]


@pytest.fixture
async def heard(system: System) -> AsyncIterator[list[str]]:
    """What others hear on the channel, once all is said of the tests before."""
    await system.database.notifier_of(CHANNEL).close()
    line = await asyncpg.connect(system.dsn)
    found: list[str] = []
    await line.add_listener(CHANNEL, lambda *said: found.append(said[3]))
    yield found
    await line.close()


async def test_senders_are_told_of_the_subscriptions_here_and_elsewhere(
    system: System, reader: OutboxReader, heard: list[str]
) -> None:
    id = await subscribed(system, "thing.changed")
    here: list[tuple[int, ...]] = []
    notifier = system.database.notifier_of(CHANNEL)
    end = notifier.rung.connect(lambda *ids: here.append(ids))
    await happen(system, Happened(id=1))
    await reader.drain()
    assert here == [(id,)]
    await notifier.close()
    async with system.database.read() as tx:
        await tx.all(notification_subscription.select())
    end()
    line = await asyncpg.connect(system.dsn)  # a turn of the server after the NOTIFY
    await line.close()
    assert heard == [str(id)]
