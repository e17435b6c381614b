"""The communication log: frames written together, never at the gateway's cost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.rooms.network import communication
from ohmstead.rooms.network.communication import BATCH, CommunicationLog, communication_log

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


class _Watched(CommunicationLog):
    """Says when it wrote."""

    def __init__(self, system: System) -> None:
        super().__init__(system.database)
        self.wrote = asyncio.Event()

    async def flush(self, pauses: Sequence[float] = ()) -> None:
        await super().flush(pauses)
        self.wrote.set()


async def test_many_do_not_wait_for_their_time(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(communication, "EVERY_S", 3_600)
    log = _Watched(system)
    running = asyncio.create_task(log.run())
    for number in range(BATCH):
        _heartbeat(log, number)
    await asyncio.wait_for(log.wrote.wait(), 10)
    running.cancel()
    assert len(await _logged(system)) == BATCH


async def test_few_are_written_in_time(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(communication, "EVERY_S", 0.01)
    log = _Watched(system)
    _heartbeat(log)
    running = asyncio.create_task(log.run())
    await asyncio.wait_for(log.wrote.wait(), 10)
    running.cancel()
    assert len(await _logged(system)) == 1


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
    await log.flush((0.0, 0.0))
    assert (log.lost, away.asked) == (5, 3)
    await log.close()
    assert away.asked == 3


async def test_two_that_write_at_once_write_each_frame_once(system: System) -> None:
    log = CommunicationLog(system.database)
    for number in range(3):
        _heartbeat(log, number)
    await asyncio.gather(log.flush(), log.flush())
    assert sorted(row["message_id"] for row in await _logged(system)) == ["0", "1", "2"]
