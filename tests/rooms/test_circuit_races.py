"""Circuits that go while somebody writes of them: a real transaction on either side, in either order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.kit.db import Tx
from ohmstead.rooms.power.management.figures import LineLoad
from ohmstead.rooms.power.management.ownership import _CLAIM
from ohmstead.rooms.power.management.stored_loads import store_loads
from tests.client import Client
from tests.given import Given
from tests.scenarios.waiting import becomes

CIRCUITS = "/resources/circuits/v2.0"
Write = Callable[[Tx, list[int]], Coroutine[Any, Any, int]]


async def loads(tx: Tx, ids: list[int]) -> int:
    now = tx.now.timestamp()
    return await store_loads(tx, [LineLoad(id, 1, 0.0, now, False, 0.0, None, False) for id in ids])


async def claim(tx: Tx, ids: list[int]) -> int:
    return len(await tx.all(_CLAIM, me=1, roots=ids))


async def waiting(system: System) -> int:
    """How many wait for a lock."""
    async with system.database.read() as tx:
        return await tx.value(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))


@asynccontextmanager
async def outsider(system: System) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(system.dsn)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("write", [loads, claim])
async def test_what_is_being_deleted_is_left_out(system: System, given: Given, write: Write) -> None:
    """The write comes while the deletion is not done: it waits, and says nothing of what is gone."""
    kept, gone = (await given.circuit())["id"], (await given.circuit())["id"]
    async with outsider(system) as other, system.database.begin() as tx:
        async with other.transaction():
            await other.execute("DELETE FROM circuit WHERE id = $1", gone)
            writing = asyncio.create_task(write(tx, [kept, gone]))
            await becomes(lambda: waiting(system), lambda count: count == 1)
        assert await writing == 1


@pytest.mark.parametrize("write", [loads, claim])
async def test_what_was_written_first_goes_with_the_circuit(
    system: System, api: Client, given: Given, write: Write
) -> None:
    """The deletion comes while the write is not done: it waits, and takes what was written along."""
    gone = (await given.circuit())["id"]
    async with system.database.begin() as tx:
        assert await write(tx, [gone]) == 1
        deleting = asyncio.create_task(api.delete(f"{CIRCUITS}/{gone}"))
        await becomes(lambda: waiting(system), lambda count: count == 1)
    assert (await deleting).status == 204
    async with system.database.read() as tx:
        for name in ("circuit_load", "circuit_tree"):
            assert await tx.value(text(f"SELECT count(*) FROM {name}")) == 0


@pytest.mark.parametrize("write", [loads, claim])
async def test_many_go_while_many_are_written(system: System, api: Client, given: Given, write: Write) -> None:
    ids = [(await given.circuit())["id"] for _ in range(12)]

    async def again() -> None:
        for _ in range(15):
            async with system.database.begin() as tx:
                await write(tx, ids)

    writing = [asyncio.create_task(again()) for _ in range(2)]
    answers = await asyncio.gather(*(api.delete(f"{CIRCUITS}/{id}") for id in ids))
    await asyncio.gather(*writing)
    assert {answer.status for answer in answers} == {204}


@pytest.mark.parametrize(
    ("path", "body", "answers"),
    [
        ("{circuits}", {"name": "x", "phases": "three_phase", "maxCurrent": 9, "phaseRotation": "RST",
                        "parentCircuitId": "{gone}"}, {422}),
        ("{circuits}/{gone}/user-priorities", {"targetId": 1, "type": "partner", "priority": 1}, {404}),
        ("/actions/circuit/v2.0/{gone}/attach-charge-point", {"chargePointId": "{point}"}, {404}),
        ("/actions/circuit/v2.0/{gone}/set-charge-point-priority/{point}", {"priority": 2}, {404}),
        ("/actions/circuit/v2.0/{gone}/set-charge-point-priority/{point}/evse/{evse}", {"priority": 2}, {404}),
    ],
)  # fmt: skip
async def test_an_api_write_to_a_circuit_that_goes_is_answered(
    system: System, api: Client, given: Given, path: str, body: dict[str, Any], answers: set[int]
) -> None:
    gone, point = (await given.circuit())["id"], await given.managed_charge_point()
    await given.partner_of_id(1)
    if "priority" in path:
        await api.post(f"/actions/circuit/v2.0/{gone}/attach-charge-point", {"chargePointId": point["id"]})
    names = {"circuits": CIRCUITS, "gone": gone, "point": point["id"], "evse": point["evses"][0]["id"]}
    told = {name: names[value[1:-1]] if str(value).startswith("{") else value for name, value in body.items()}
    async with outsider(system) as other, other.transaction():
        await other.execute("DELETE FROM circuit WHERE id = $1", gone)
        writing = asyncio.create_task(api.post(path.format(**names), told))
        await becomes(lambda: waiting(system), lambda count: count == 1)
    assert (await writing).status in answers
