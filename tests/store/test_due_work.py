"""Work that falls due: a silent charge point holds up nobody, and no more are talked to at once than may be."""

import asyncio

import pytest
from sqlalchemy import DateTime, Integer, bindparam, delete, select

from ohmstead.app.system import System
from ohmstead.kit.db import Row, Statement
from ohmstead.rooms.network.models.vendors import charge_point_vendor
from ohmstead.store import due_work
from ohmstead.store.due_work import DueWork
from tests.given import Given

_own = charge_point_vendor.c


class Calls(DueWork):
    """Rows that stand for charge points: the `silent` answer when they are let; an odd one among the others fails."""

    due = Statement(
        select(_own.id)
        .where(_own.created_at <= bindparam("now", type_=DateTime(timezone=True)))
        .order_by(_own.id)
        .limit(bindparam("most", type_=Integer))
    )
    silent: frozenset[int] = frozenset()
    odd = 0

    def __init__(self, system: System) -> None:
        super().__init__(system.database, system.clock)
        self.let, self.ended = asyncio.Event(), asyncio.Semaphore(0)
        self.begun: list[int] = []
        self.done: list[int] = []
        self.put_off: list[tuple[int, str]] = []

    async def carry_out(self, row: Row) -> None:
        self.begun.append(row["id"])
        if row["id"] in self.silent:
            await self.let.wait()
        if row["id"] == self.odd:
            raise LookupError("a fault in the code")
        self.done.append(row["id"])
        self.ended.release()

    async def failed(self, row: Row, error: Exception) -> None:
        self.put_off.append((row["id"], str(error)))
        self.ended.release()


@pytest.fixture
async def ids(given: Given) -> list[int]:
    return [(await given.vendor())["id"] for _ in range(5)]


async def test_a_silent_one_holds_up_nobody_and_a_fault_is_its_own(system: System, ids: list[int]) -> None:
    calls = Calls(system)
    calls.silent, calls.odd = frozenset({ids[0]}), ids[1]
    await calls.start_due()
    async with asyncio.timeout(5):
        for _ in ids[1:]:
            await calls.ended.acquire()
    assert (calls.done, calls.put_off) == (ids[2:], [(ids[1], "a fault in the code")])
    await calls.start_due()
    assert calls.begun.count(ids[0]) == 1, "it is still being asked"
    calls.let.set()
    await calls.settled()
    assert ids[0] in calls.done


async def test_only_so_many_are_talked_to_at_once(
    system: System, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_work, "AT_ONCE", 3)
    calls = Calls(system)
    calls.silent = frozenset(ids)
    for _ in range(2):
        await calls.start_due()
        await asyncio.sleep(0)
    assert calls.begun == ids[:3]
    calls.let.set()
    await calls.settled()


class Deletions(Calls):
    """What was called is not due any more."""

    async def carry_out(self, row: Row) -> None:
        await super().carry_out(row)
        async with self._database.begin() as tx:
            await tx.run(delete(charge_point_vendor).where(_own.id == row["id"]))


async def test_more_than_can_be_in_hand_is_done_without_a_pause(
    system: System, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beside one that takes long."""
    monkeypatch.setattr(due_work, "AT_ONCE", 2)
    calls = Deletions(system)
    calls.silent, calls.every_s = frozenset({ids[0]}), 3600.0
    running = asyncio.create_task(calls.run())
    async with asyncio.timeout(5):
        for _ in ids[1:]:
            await calls.ended.acquire()
    running.cancel()
    assert calls.begun == ids


async def test_what_fails_and_stays_due_waits_for_the_next_look(
    system: System, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_work, "AT_ONCE", 1)
    calls = Calls(system)
    calls.odd, calls.every_s = ids[0], 3600.0
    running = asyncio.create_task(calls.run())
    await calls.ended.acquire()
    await calls.settled()
    await asyncio.sleep(0.05)
    running.cancel()
    assert calls.begun == ids[:1]
