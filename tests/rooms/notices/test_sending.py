"""Sending: each entity's events in their order, whatever fails, and nobody held up by anybody else."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.engines.delivery_schedule import MOST_ATTEMPTS
from ohmstead.kit.db import Row
from ohmstead.rooms.notices import dispatcher
from ohmstead.rooms.notices.backlog import Backlog, backlog
from ohmstead.rooms.notices.dispatcher import LOCKS
from ohmstead.rooms.notices.sender import MOST_LOADED
from ohmstead.rooms.notices.tables import notification_delivery, notification_subscription
from ohmstead.rooms.notices.transport import Outcome
from ohmstead.rooms.operator.admins import api_token
from tests.conftest import Full
from tests.rooms.notices.noticed import Happened, changed, deliveries, happen, subscribed
from tests.rooms.notices.sending import Arrived, Receivers, Worker, broken, fine, worker

A, B = "http://receiver.test/a", "http://receiver.test/b"


@pytest.fixture
def to() -> Receivers:
    return Receivers()


@pytest.fixture
async def work(system: System, to: Receivers, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    monkeypatch.setattr(dispatcher, "GRACE_S", 0.3)
    async with worker(system, to) as running:
        yield running


async def settled(work: Worker, *states: str) -> list[Row]:
    """The deliveries, once each has come to one of these states."""
    async with asyncio.timeout(15):
        while True:
            rows = await deliveries(work)
            if rows and {row["status"] for row in rows} <= set(states):
                return rows
            await work.clock.sleep(2)


async def state(system: System, id: int) -> Row:
    async with system.database.read() as tx:
        found = await tx.one(notification_subscription.select().where(notification_subscription.c.id == id))
        assert found is not None
        return found


async def test_of_each_entity_all_arrive_in_order_though_some_fail(system: System, work: Worker, to: Receivers) -> None:
    chance = random.Random(7)
    failed: set[tuple[str, int]] = set()

    async def answer(one: Arrived) -> Outcome:
        await asyncio.sleep(chance.random() / 500)
        if chance.random() < 0.15 and (one.url, one.number) not in failed:
            failed.add((one.url, one.number))
            return await broken(one)
        return await fine(one)

    to.answer = answer
    await subscribed(system, "thing.changed", url=A)
    await subscribed(system, "thing.changed", "ThingNotification", url=B)
    for _ in range(4):
        await work.happen(*(Happened(id=chance.randrange(40), number=number) for number in range(100)))
    rows = await settled(work, "delivered")
    assert len(rows) == 1_200
    assert len(failed) > 20
    for url in (A, B):
        for entity in {row["entity"] for row in rows}:
            came = [one.number for one in to.taken if (one.url, one.message.entity) == (url, entity)]
            assert came == sorted(came)
            assert len(came) == len(set(came)), "each once"
        assert to.most_at_once[url] == 8


async def test_what_is_sent_is_the_body_with_the_secret_of_its_creator(
    system: System, work: Worker, to: Receivers
) -> None:
    id = await subscribed(system, "thing.changed", url=A)
    heard: list[tuple[str, Outcome]] = []
    work.dispatcher.attempted.connect(lambda via, outcome: heard.append((via, outcome)))
    await work.happen(Happened(id=3, number=9))
    [row] = await settled(work, "delivered")
    [one] = to.taken
    async with system.database.read() as tx:
        secret = await tx.value(api_token.select().with_only_columns(api_token.c.secret))
    assert one.secret == system.vault.open(secret)
    assert (one.message.id, one.message.delivery_id) == (f"msg_{row['event_id']}", row["id"])
    assert (one.message.name, one.message.entity) == ("thing.changed", "thing:3")
    assert one.message.body.startswith(b'{"notification":"thing.changed","id":3,"number":9')
    assert (row["attempts"], row["response_status"], row["error"], row["latency_ms"]) == (1, 200, None, 1)
    assert (row["due_at"], row["delivered_at"] is not None) == (None, True)
    assert [(entry["status"], entry["error"], entry["latencyMs"]) for entry in row["log"]] == [(200, None, 1)]
    assert heard == [("webhook", Outcome(status=200, latency_ms=1))]
    assert work.dispatcher.subscriptions == {id}


async def test_a_head_that_fails_holds_back_its_lane_alone(system: System, work: Worker, to: Receivers) -> None:
    async def answer(one: Arrived) -> Outcome:
        return await (broken if one.message.entity == "thing:1" and len(to.seen) < 60 else fine)(one)

    to.answer = answer
    await subscribed(system, "thing.changed")
    await work.happen(*(Happened(id=number % 4) for number in range(40)))
    await to.until(lambda: len(to.taken) == 30)
    assert not to.ids("thing:1")
    waiting = [row for row in await deliveries(work) if row["entity"] == "thing:1"]
    assert [row["attempts"] for row in waiting[1:]] == [0] * 9
    to.answer = fine
    rows = await settled(work, "delivered")
    assert to.ids("thing:1") == [f"msg_{row['event_id']}" for row in rows if row["entity"] == "thing:1"]


async def test_a_hanging_lane_with_a_long_queue_holds_up_no_other(system: System, work: Worker, to: Receivers) -> None:
    go_on = asyncio.Event()

    async def answer(one: Arrived) -> Outcome:
        if one.message.entity == "thing:1":
            await go_on.wait()
        return await fine(one)

    to.answer = answer
    await subscribed(system, "thing.changed")
    for _ in range(7):
        await work.happen(*(Happened(id=1) for _ in range(100)))
    await work.happen(*(Happened(id=number) for number in range(2, 102)))
    await to.until(lambda: len(to.taken) == 100)
    go_on.set()
    await to.until(lambda: len(to.taken) == 800)
    assert [one.number for one in to.taken[100:]] == sorted(one.number for one in to.taken[100:])


async def test_the_schedule_ends_in_the_failed_list_and_the_lane_goes_on(
    system: System, work: Worker, to: Receivers
) -> None:
    async def answer(one: Arrived) -> Outcome:
        return await (broken if one.number == to.seen[0].number else fine)(one)

    to.answer = answer
    await subscribed(system, "thing.changed")
    await work.happen(Happened(id=1), Happened(id=1))
    for tried in range(1, MOST_ATTEMPTS):
        await soon(work, tried)
    first, second = await settled(work, "failed", "delivered")
    assert (first["status"], first["attempts"], first["due_at"], second["status"]) == ("failed", 9, None, "delivered")
    assert [entry["status"] for entry in first["log"]] == [500] * 9
    assert to.ids() == [f"msg_{second['event_id']}"]
    async with work.database.read() as tx:
        assert await backlog(tx) == {"webhook": Backlog(pending=0, failed=1, lag_s=0.0)}

    await resend(work, first["id"])
    await settled(work, "failed", "delivered")
    await to.until(lambda: len(to.seen) == 11)
    to.answer = fine
    await resend(work, first["id"])
    rows = await settled(work, "delivered")
    assert rows[0]["attempts"] == 11


async def soon(work: Worker, tried: int) -> None:
    """What was tried so often, and failed, is due now."""
    async with asyncio.timeout(5):
        while max(row["attempts"] for row in await deliveries(work)) < tried:
            await work.clock.sleep(1)
    async with work.database.begin() as tx:
        own = notification_delivery.c
        retried = (own.status == "pending") & (own.attempts > 0)
        await tx.run(update(notification_delivery).where(retried).values(due_at=tx.now))
    work.dispatcher.wake()


async def resend(work: Worker, id: int) -> None:
    """As the action does it."""
    async with work.database.begin() as tx:
        own = notification_delivery.c
        await tx.run(update(notification_delivery).where(own.id == id).values(status="pending", due_at=tx.now))
    work.dispatcher.wake()


async def test_it_waits_as_long_as_it_is_asked_to(system: System, work: Worker, to: Receivers) -> None:
    async def answer(one: Arrived) -> Outcome:
        return Outcome(status=429, error="HTTP 429", retry_after_s=4_000)

    to.answer = answer
    await subscribed(system, "thing.changed")
    await work.happen(Happened(id=1))
    await to.until(lambda: len(to.seen) == 1)
    async with asyncio.timeout(5):
        while not (row := (await deliveries(work))[0])["attempts"]:
            await work.clock.sleep(1)
    assert timedelta(seconds=4_000) <= row["due_at"] - work.clock.now() + timedelta(seconds=200)
    assert row["due_at"] - work.clock.now() < timedelta(seconds=4_100)


async def test_who_is_gone_is_disabled_and_gets_no_more(system: System, work: Worker, to: Receivers) -> None:
    async def gone(one: Arrived) -> Outcome:
        return Outcome(status=410, error="HTTP 410", gone=True)

    to.answer = gone
    id = await subscribed(system, "thing.changed")
    await work.happen(*(Happened(id=number % 2) for number in range(30)))
    rows = await settled(work, "failed")
    assert {row["due_at"] for row in rows} == {None}
    found = await state(system, id)
    assert (found["disabled_at"] is not None, found["disabled_reason"]) == (True, "The receiver answered 410 Gone.")
    assert len(to.seen) <= 2
    await work.happen(Happened(id=1))
    assert len(await deliveries(work)) == 30

    to.answer = fine
    await changed(system, id, disabled_at=None, disabled_reason=None, failing_since=None)
    await work.happen(Happened(id=1))
    await to.until(lambda: len(to.taken) == 1)


async def test_five_days_without_success_disable_and_a_success_ends_the_count(
    system: System, work: Worker, to: Receivers
) -> None:
    to.answer = broken
    id = await subscribed(system, "thing.changed")
    await work.happen(Happened(id=1))
    async with asyncio.timeout(5):
        while (found := await state(system, id))["failing_since"] is None:
            await work.clock.sleep(1)
    to.answer = fine
    await settled(work, "delivered")
    assert (await state(system, id))["failing_since"] is None
    to.answer = broken
    await changed(system, id, failing_since=work.clock.now() - timedelta(days=5), updated_at=work.clock.now())
    await to.until(lambda: bool(to.closed))
    await work.happen(Happened(id=1))
    await settled(work, "failed", "delivered")
    found = await state(system, id)
    assert found["disabled_reason"] == "Nothing could be delivered for five days."


async def test_after_five_failures_one_is_tried_at_a_time(system: System, work: Worker, to: Receivers) -> None:
    works = False

    async def slowly(one: Arrived) -> Outcome:
        await asyncio.sleep(0.005)
        return await (fine if works else broken)(one)

    to.answer = slowly
    id = await subscribed(system, "thing.changed", url=A)
    await work.happen(*(Happened(id=number) for number in range(60)))
    await to.until(lambda: len(to.seen) >= 16)
    lanes = work.dispatcher._senders[id]._lanes
    async with asyncio.timeout(5):
        while len(lanes.ids) > 8:  # those that are to be tried later are in memory no more
            await work.clock.sleep(1)
    probes = len(to.seen)
    assert to.most_at_once[A] == 8, "of those that were on their way"
    to.most_at_once.clear()
    await to.until(lambda: len(to.seen) >= probes + 3)
    assert to.most_at_once[A] == 1
    works = True
    await settled(work, "delivered")
    assert to.most_at_once[A] > 1


async def test_a_dead_endpoint_delays_no_other(system: System, work: Worker, to: Receivers) -> None:
    never = asyncio.Event()

    async def answer(one: Arrived) -> Outcome:
        if one.url == A:
            await never.wait()
        return await fine(one)

    to.answer = answer
    for url in (A, A, B):
        await subscribed(system, "thing.changed", url=url)
    await work.happen(*(Happened(id=number) for number in range(100)))
    await to.until(lambda: len(to.taken) == 100 and to.at_once[A] == 8, within_s=3)
    assert {one.url for one in to.taken} == {B}
    assert to.most_at_once[A] == 8, "of both its subscriptions"
    never.set()


async def test_a_change_is_noticed_while_sending(system: System, work: Worker, to: Receivers) -> None:
    never = asyncio.Event()

    async def answer(one: Arrived) -> Outcome:
        if one.url == A and len(to.taken) >= 5:
            await never.wait()
        return await fine(one)

    to.answer = answer
    id = await subscribed(system, "thing.changed", url=A)
    await work.happen(*(Happened(id=1) for _ in range(40)))
    await to.until(lambda: len(to.taken) == 5 and to.at_once[A] == 1)
    await changed(system, id, callback_url=B)
    await to.until(lambda: len(to.taken) == 40)
    assert to.closed == [A]
    assert [one.number for one in to.taken] == sorted(one.number for one in to.taken)
    assert [one.url for one in to.taken] == [A] * 5 + [B] * 35
    await changed(system, id, disabled_at=work.clock.now())
    await to.until(lambda: to.closed == [A, B])
    assert work.dispatcher.subscriptions == set()


async def test_what_is_not_told_yet_goes_first(system: System, work: Worker, to: Receivers) -> None:
    """Another worker takes long with an earlier batch: what a later one made waits for it."""
    await subscribed(system, "thing.changed")
    await happen(work, *(Happened(id=1) for _ in range(100)))
    slow, going = asyncio.Event(), asyncio.Event()
    async with worker(system, to, work.clock) as other:
        await other.stop()
        fan_out = other.reader._fan_out
        assert fan_out is not None

        async def slowly(rows: Any) -> Any:
            going.set()
            await slow.wait()
            return await fan_out(rows)

        other.reader._fan_out = slowly
        reading = asyncio.create_task(other.reader.drain())
        await going.wait()
        await work.happen(*(Happened(id=1) for _ in range(10)))
        assert len(await deliveries(work)) == 10
        work.dispatcher.wake()
        await work.clock.sleep(0.5 * work.clock.speed)
        assert not to.seen
        slow.set()
        await reading
    await to.until(lambda: len(to.taken) == 110)
    facts = {f"msg_{row['event_id']}": row["fact_id"] for row in await deliveries(work)}
    came = [facts[one.message.id] for one in to.taken]
    assert came == sorted(came)


async def cut(system: System) -> None:
    """The connections of all dispatchers end."""
    holders = "SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = $1"
    async with system.database.read() as tx:
        line: Any = tx._connection  # type: ignore[attr-defined]
        assert await line.fetch(f"SELECT pg_terminate_backend(pid) FROM ({holders}) AS found", LOCKS >> 32)


async def test_workers_share_and_take_over_from_one_that_is_lost(system: System, to: Receivers, work: Worker) -> None:
    ids = {await subscribed(system, "thing.changed", url=f"{A}{number}") for number in range(5)}
    async with worker(system, to, work.clock) as other:
        work.workers = other.workers = 2
        shares = (work.dispatcher, other.dispatcher)
        async with asyncio.timeout(10):
            while {*map(len, (one.subscriptions for one in shares))} != {2, 3}:
                await work.clock.sleep(2)
        mine, others = (one.subscriptions for one in shares)
        assert (mine | others, mine & others) == (ids, set())
        never = asyncio.Event()

        async def answer(one: Arrived) -> Outcome:
            if sum(each.url == one.url for each in to.taken) == 8:
                await never.wait()
            return await fine(one)

        to.answer = answer
        await work.happen(*(Happened(id=1, number=number) for number in range(20)))
        await to.until(lambda: len(to.taken) == 40 and sum(to.at_once.values()) == 5)
        to.answer = fine
        await cut(system)
        await other.stop()  # which is not said to be gone for a while
        await to.until(lambda: len(to.taken) == 100)
    rows = await settled(work, "delivered")
    assert len(rows) == 100
    for url in {one.url for one in to.taken}:
        came = list(dict.fromkeys(one.number for one in to.taken if one.url == url))
        assert (came, len(came)) == (sorted(came), 20)


async def test_one_whose_connection_is_cut_stops_at_once_and_comes_back(
    system: System, work: Worker, to: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "GRACE_S", 30)
    never = asyncio.Event()

    async def hanging(one: Arrived) -> Outcome:
        await never.wait()
        return await fine(one)

    to.answer = hanging
    id = await subscribed(system, "thing.changed", url=A)
    await work.happen(Happened(id=1))
    await to.until(lambda: to.at_once[A] == 1)
    to.answer = fine
    await cut(system)
    await to.until(lambda: to.closed == [A] and to.at_once[A] == 0, within_s=1)
    await to.until(lambda: len(to.taken) == 1)
    assert (len(to.seen), work.dispatcher.subscriptions) == (2, {id})


async def test_what_is_broken_off_stays_pending(system: System, work: Worker, to: Receivers) -> None:
    never = asyncio.Event()

    async def answer(one: Arrived) -> Outcome:
        if one.message.entity == "thing:1":
            await never.wait()
        return await fine(one)

    to.answer = answer
    await subscribed(system, "thing.changed")
    await work.happen(Happened(id=1), Happened(id=2))
    await to.until(lambda: len(to.seen) == 2)
    await work.stop()
    assert [(row["status"], row["attempts"]) for row in await deliveries(work)] == [("pending", 0), ("delivered", 1)]
    assert len(to.closed) == 1


async def test_no_more_is_in_memory_than_may_be(system: System, work: Worker, to: Receivers) -> None:
    never = asyncio.Event()

    async def hanging(one: Arrived) -> Outcome:
        await never.wait()
        return await fine(one)

    to.answer = hanging
    id = await subscribed(system, "thing.changed", url=A)
    await work.happen(*(Happened(id=number) for number in range(700)))
    await to.until(lambda: to.at_once[A] == 8)
    await work.happen(*(Happened(id=number) for number in range(700, 800)))
    assert len(work.dispatcher._senders[id]._lanes.ids) <= MOST_LOADED
    to.answer = fine
    never.set()
    await to.until(lambda: len(to.taken) == 800)
    assert len(to.seen) == 800


async def test_while_nothing_can_be_written_what_came_of_it_is_kept_in_mind(
    system: System, work: Worker, to: Receivers, full: Full
) -> None:
    go_on = asyncio.Event()

    async def answer(one: Arrived) -> Outcome:
        await go_on.wait()
        return await fine(one)

    to.answer = answer
    await subscribed(system, "thing.changed")
    await work.happen(*(Happened(id=1) for _ in range(20)))
    await to.until(lambda: len(to.seen) == 1)
    await full("notification_delivery")
    go_on.set()
    await to.until(lambda: len(to.taken) == 20)
    assert {row["status"] for row in await deliveries(work)} == {"pending"}
    await full.room()
    await settled(work, "delivered")
    assert len(to.seen) == 20, "each once"
