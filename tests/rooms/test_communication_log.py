"""The communication log: frames written together, never at the gateway's cost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.rooms.devices.communication import log as communication
from ohmstead.rooms.devices.communication.log import BATCH, MOST, CommunicationLog, communication_log

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


class _Away:
    """A database that is not there, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        self.asked += 1
        raise OSError("away")
        yield

    read = begin


async def _logged(system: System) -> list[Any]:
    async with system.database.read() as tx:
        return await tx.all(select(communication_log).order_by(communication_log.c.at))


def _heartbeat(log: CommunicationLog, number: int = 1) -> None:
    log.frame(7, NOON, "in", b'[2,"%d","Heartbeat",{}]' % number, "Heartbeat", str(number), None, ())


async def test_a_frame_is_kept_as_it_was(system: System) -> None:
    log = CommunicationLog(system.database)
    log.frame(7, NOON - timedelta(seconds=1), "out", b'[3,"a\0",{}]\xff', "Boot\0", "a", 0.25, ("odd",))
    _heartbeat(log)
    await log.flush()
    answer, call = await _logged(system)
    assert (answer["charge_point_id"], answer["direction"], answer["action"]) == (7, "out", "Boot")
    assert (answer["raw"], answer["latency_ms"], answer["deviations"]) == ('[3,"a",{}]\ufffd', 250.0, ["odd"])
    assert (call["message_id"], call["latency_ms"], call["deviations"]) == ("1", None, None)


@pytest.mark.parametrize(
    ("frame", "kept"),
    [
        (
            '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"se\\"{cret"}]',
            '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"***"}]',
        ),
        (
            '[3,"1",{"configurationKey":[{"key":"A","value":"1"},{"value":"secret","key":"AuthorizationKey"}]}]',
            '[3,"1",{"configurationKey":[{"key":"A","value":"1"},{"value":"***","key":"AuthorizationKey"}]}]',
        ),
        (
            '[2,"1","SetVariables",{"x":[{"attributeValue":"secret","variable":{"name":"BasicAuthPassword"}}]}]',
            '[2,"1","SetVariables",{"x":[{"attributeValue":"***","variable":{"name":"BasicAuthPassword"}}]}]',
        ),
    ],
)
async def test_a_password_is_kept_nowhere(system: System, frame: str, kept: str) -> None:
    log = CommunicationLog(system.database)
    log.frame(7, NOON, "out", frame.encode(), None, "1", None, ())
    await log.flush()
    [row] = await _logged(system)
    assert row["raw"] == kept


async def test_an_answer_stands_beside_its_call(system: System) -> None:
    told: list[tuple[str, str | None, int]] = []
    log = CommunicationLog(system.database, lambda *counted: told.append(counted))
    call = log.frame(7, NOON, "in", b'[2,"1","Heartbeat",{}]', "Heartbeat", "1", None, ())
    later = NOON + timedelta(seconds=0.5)
    assert log.frame(7, later, "out", b'[3,"1",{}]', "Heartbeat", "1", 0.5, (), call) is None
    await log.flush()
    [row] = await _logged(system)
    assert (row["direction"], row["latency_ms"], row["raw"]) == ("in", None, '[2,"1","Heartbeat",{}]')
    assert (row["answered_at"], row["answer"]) == (later, '[3,"1",{}]')
    assert told == [("in", "Heartbeat", 1), ("out", "Heartbeat", 1)]


async def test_an_answer_to_a_call_that_was_written_has_its_own_row(system: System) -> None:
    log = CommunicationLog(system.database)
    call = log.frame(7, NOON, "in", b'[2,"1","Heartbeat",{}]', "Heartbeat", "1", None, ())
    await log.flush()
    log.frame(7, NOON + timedelta(seconds=1), "out", b'[3,"1",{}]', "Heartbeat", "1", 1.0, (), call)
    await log.flush()
    first, second = await _logged(system)
    assert (first["direction"], first["answered_at"], first["answer"]) == ("in", None, None)
    assert (second["direction"], second["latency_ms"], second["raw"]) == ("out", 1000, '[3,"1",{}]')


class _Watched(CommunicationLog):
    """Says how many it was to write each time."""

    def __init__(self, system: System) -> None:
        super().__init__(system.database)
        self.wrote: asyncio.Queue[int] = asyncio.Queue()

    async def flush(self, most: int = MOST, pauses: Sequence[float] = ()) -> None:
        await super().flush(most, pauses)
        self.wrote.put_nowait(most)


async def test_what_came_is_written_with_the_next_but_one(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(communication, "EVERY_S", 0.01)
    log = _Watched(system)
    _heartbeat(log)
    running = asyncio.create_task(log.run())
    assert await asyncio.wait_for(log.wrote.get(), 10) == 0
    _heartbeat(log, 2)
    assert await asyncio.wait_for(log.wrote.get(), 10) == 1
    assert await asyncio.wait_for(log.wrote.get(), 10) == 1
    running.cancel()
    assert len(await _logged(system)) == 2


async def test_more_than_a_batch_is_written(system: System) -> None:
    log = CommunicationLog(system.database)
    for number in range(BATCH + 1):
        _heartbeat(log, number)
    await log.flush()
    assert len(await _logged(system)) == BATCH + 1


async def test_the_last_ones_are_written_at_the_end(system: System) -> None:
    log = CommunicationLog(system.database)
    running = asyncio.create_task(log.run())
    await asyncio.sleep(0)
    _heartbeat(log)
    running.cancel()
    await log.close()
    assert len(await _logged(system)) == 1
    assert log.lost == 0


async def test_a_database_that_is_away_costs_only_the_log(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(communication, "MOST", 3)
    away = _Away()
    log = CommunicationLog(away)  # pyright: ignore[reportArgumentType]
    for number in range(5):
        _heartbeat(log, number)
    assert log.lost == 2
    await log.flush(pauses=(0.0, 0.0))
    assert (log.lost, away.asked) == (5, 3)
    await log.close()
    assert away.asked == 3


async def test_two_that_write_at_once_write_each_frame_once(system: System) -> None:
    log = CommunicationLog(system.database)
    for number in range(3):
        _heartbeat(log, number)
    await asyncio.gather(log.flush(), log.flush())
    assert sorted(row["message_id"] for row in await _logged(system)) == ["0", "1", "2"]


class _Slow:
    """A database that keeps the first who asks waiting."""

    def __init__(self, system: System) -> None:
        self._system, self.asked = system, asyncio.Event()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        if not self.asked.is_set():
            self.asked.set()
            await asyncio.Event().wait()
        async with self._system.database.begin() as tx:
            yield tx

    read = begin


async def test_what_was_under_way_when_the_writer_was_stopped_is_written_at_the_end(system: System) -> None:
    slow = _Slow(system)
    log = CommunicationLog(slow)  # pyright: ignore[reportArgumentType]
    _heartbeat(log)
    writing = asyncio.create_task(log.flush())
    await slow.asked.wait()
    writing.cancel()
    await asyncio.wait([writing])
    assert await _logged(system) == []
    _heartbeat(log, 2)
    await log.close()
    assert [row["message_id"] for row in await _logged(system)] == ["1", "2"]
