"""Membership: who lives is seen by all, who falls silent is buried, and one leads."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from ohmstead.app.admitted import StationDefaults
from ohmstead.app.fact_intake import FactIntake
from ohmstead.app.nodes import membership
from ohmstead.app.system import System
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import Connected
from ohmstead.rooms.devices.presence.nodes import DEAD_AFTER, NameTaken, node
from ohmstead.rooms.network.charge_points import charge_point
from tests.app.nodes.conftest import Made, Maker
from tests.given import Given
from tests.scenarios.waiting import becomes

USUAL = StationDefaults(heartbeat_interval_s=300, call_timeout_s=60, boot_timeout_s=30)


async def seen_by(one: Made) -> set[int]:
    return set(one.members.others)


async def age(system: System, one: Made, by: timedelta) -> None:
    """Let the last beat of a node lie further back."""
    async with system.database.begin() as tx:
        at = func.clock_timestamp() - by
        await tx.run(update(node).where(node.c.id == one.id).values(seen_at=at))


def steady(one: Made) -> None:
    """As if it had lived for long."""
    one.members._steady_since -= 60


async def test_nodes_see_each_other_come_and_go(made: Maker) -> None:
    first = await made("first")
    assert not first.members.others
    second = await made("second", "gateway")
    assert await seen_by(second) == {first.id}
    await becomes(lambda: seen_by(first), lambda seen: seen == {second.id})
    assert (first.members.workers, second.members.workers) == ([], [first.id])
    assert (first.members.steering, second.members.steering) == (1, 1)
    await second.freeze()
    await second.members.leave()
    await becomes(lambda: seen_by(first), lambda seen: not seen)


async def test_one_leads_and_another_when_it_is_gone(made: Maker) -> None:
    first = await made("first")
    await becomes(lambda: leads(first), bool)
    second, third = await made("second", "worker"), await made("third", "api")
    assert not second.members.leads
    did: list[str] = []

    async def work() -> None:
        did.append("begun")
        await asyncio.Event().wait()

    async def begun() -> list[str]:
        return did

    working = asyncio.create_task(second.members.lead(work))
    await first.freeze()
    await becomes(lambda: leads(second), bool)
    await becomes(begun, bool)
    assert (did, third.members.leads) == (["begun"], False)
    working.cancel()


async def leads(one: Made) -> bool:
    return one.members.leads


async def test_who_falls_silent_is_buried_and_its_stations_are_gone(system: System, made: Maker, given: Given) -> None:
    watching, silent = await made("watching"), await made("silent", "gateway")
    keys = [(await given.charge_point())["id"] for _ in range(2)]
    for key, holder in zip(keys, (watching, silent), strict=True):
        async with system.database.begin() as tx:
            await presence.connected(tx, fact(system, key), node_id=holder.id)
    await silent.freeze()
    await age(system, silent, DEAD_AFTER)
    steady(watching)
    await becomes(lambda: seen_by(watching), lambda seen: not seen)
    assert await connected(system) == {keys[0]: True, keys[1]: False}


async def test_who_was_cut_off_buries_nobody_at_first(system: System, made: Maker) -> None:
    back, other = await made("back"), await made("other")
    await other.freeze()
    await age(system, other, DEAD_AFTER * 2)
    back.members._said_at -= 60  # it has just come back itself
    steady(back)
    assert await back.members._beat()
    assert other.id in back.members.others


async def test_who_is_taken_for_dead_lets_go_of_everything_and_begins_anew(system: System, made: Maker) -> None:
    wrong, alive = await made("wrong"), await made("alive")
    former, reservation_released = alive.id, []
    alive.members.buried.connect(lambda: reservation_released.append(alive.members.sure(former)))
    assert alive.members.sure(former)
    async with system.database.begin() as tx:
        await tx.run(node.delete().where(node.c.id == former))
    await becomes(lambda: seen_by(wrong), lambda seen: bool(seen) and former not in seen)
    assert reservation_released == [False]
    assert alive.id != former
    assert alive.members.sure(alive.id)
    assert not alive.members.sure(former)


async def test_a_name_belongs_to_one_living_node(system: System, made: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await made("same")
    await becomes(lambda: leads(first), bool)
    monkeypatch.setattr(membership, "PATIENCE_S", 0.5)
    with pytest.raises(NameTaken):
        await made("same")
    await first.freeze()
    former = first.id
    second = await made("same")
    assert second.id != former
    assert not second.members.others


def fact(system: System, key: int) -> Connected:
    return Connected(charge_point_id=key, version="1.6", remote_ip="10.0.0.1", at=system.clock.now())


async def connected(system: System) -> dict[int, Any]:
    async with system.database.read() as tx:
        return {row["id"]: row["connected"] for row in await tx.all(select(charge_point))}


LED_BY_ANOTHER = """SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = $1 AND pid <> ALL($2::int[])"""


async def test_a_lost_connection_moves_nothing(system: System, made: Maker) -> None:
    first = await made("first")
    await becomes(lambda: leads(first), bool)  # before there is another that could
    second = await made("second")
    ids = first.id, second.id
    async with system.database.dedicated() as line:
        lines = """FROM pg_stat_activity WHERE pid <> pg_backend_pid()
                   AND (query LIKE 'LISTEN%' OR query LIKE '%advisory_lock%')"""
        await becomes(lambda: line.fetchval(f"SELECT count(*) {lines}"), lambda found: found >= 2)
        ended = await line.fetch(f"SELECT pid, pg_terminate_backend(pid) {lines}")
        assert len(ended) >= 2
        pids = [row["pid"] for row in ended]
        await becomes(lambda: line.fetchval(LED_BY_ANOTHER, membership.LEADER, pids), bool)
    await becomes(lambda: led(first, second), lambda found: found == 1)
    assert (first.id, second.id) == ids


async def led(*nodes: Made) -> int:
    return sum(one.members.leads for one in nodes)


async def test_a_station_that_comes_while_its_node_begins_anew_is_here_to_stay(
    system: System, made: Maker, given: Given
) -> None:
    key = (await given.charge_point())["id"]
    one = await made("one", "gateway")
    rooms = FactIntake(system.database, system.clock, USUAL, one.members)
    await one.freeze()
    one.members._died()
    coming = asyncio.create_task(rooms.connected(fact(system, key)))
    await asyncio.sleep(0)
    assert await connected(system) == {key: False}
    await one.live()
    await asyncio.wait_for(coming, 20)
    async with system.database.read() as tx:
        assert await tx.value(select(charge_point.c.node_id)) == one.id
    assert await connected(system) == {key: True}
