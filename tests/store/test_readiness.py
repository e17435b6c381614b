"""Away and ready: what counts as a database that cannot work now, and that one is told of it in time."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.kit.db import DatabaseUnavailable
from ohmstead.store.readiness import AtMostOne, can_store
from tests.conftest import Full
from tests.scenarios.waiting import becomes

AWAY = ["53000", "53100", "53200", "53300", "58000", "58030", "57P01", "57P03", "08006", "25006"]
"""Disk full, no memory, too many connections, I/O error, shutdown, starting up, connection lost, read-only."""
OURS = ["57014", "P0001", "42703", "40P01", "55P03"]


def raising(code: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$"


@pytest.mark.parametrize("code", AWAY)
async def test_a_server_that_cannot_work_now_is_away(system: System, code: str) -> None:
    for opened in (system.database.begin, system.database.read):
        with pytest.raises(DatabaseUnavailable, match="no"):
            async with opened() as tx:
                await tx.run(text(raising(code)))


@pytest.mark.parametrize("code", OURS)
async def test_what_a_statement_did_wrong_is_not(system: System, code: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as caught:
        async with system.database.begin() as tx:
            await tx.run(text(raising(code)))
    assert caught.value.sqlstate == code


async def test_a_copy_that_finds_no_room_is_away(system: System, full: Full) -> None:
    await full("tax", "53100")
    with pytest.raises(DatabaseUnavailable):
        async with system.database.begin() as tx:
            await tx.copy("tax", ["name", "percentage", "created_at", "updated_at"], [("VAT", 19, tx.now, tx.now)])


async def test_a_fault_of_the_block_itself_is_not_the_databases(system: System) -> None:
    for opened in (system.database.begin, system.database.read):
        with pytest.raises(FileNotFoundError):
            async with opened():
                raise FileNotFoundError("a file of ours")


async def test_a_database_without_room_for_a_file_cannot_store(system: System) -> None:
    await can_store(system.database)
    connection = await asyncpg.connect(system.dsn)
    try:
        await connection.execute("ALTER SYSTEM SET temp_file_limit = '100kB'")
        await connection.execute("SELECT pg_reload_conf()")
        await becomes(lambda: _stored(system), lambda stored: not stored)
    finally:
        await connection.execute("ALTER SYSTEM RESET temp_file_limit")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()
    await becomes(lambda: _stored(system), bool)


async def _stored(system: System) -> bool:
    try:
        await can_store(system.database)
    except DatabaseUnavailable:
        return False
    return True


async def test_what_does_not_answer_is_away_and_asked_once() -> None:
    frozen, asked = asyncio.Event(), 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await frozen.wait()
        return asked

    one = AtMostOne(ask, patience_s=0.01)
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable, match="no answer within"):
            await one.answer()
    assert asked == 1, "one connection waits, however many want to know"
    frozen.set()
    assert await one.answer() == 1
    assert await one.answer() == 2


async def test_many_who_ask_at_once_share_an_answer() -> None:
    asked = 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return asked

    one = AtMostOne(ask)
    assert await asyncio.gather(*(one.answer() for _ in range(50))) == [1] * 50
