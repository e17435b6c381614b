"""Numbers of documents: each once, in the order of their dates, without a hole, whatever fails (E13)."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.documents import items
from ohmstead.rooms.billing.documents.issuing import Item, Order, issue
from ohmstead.rooms.billing.documents.series import PREFIXES, next_number
from ohmstead.rooms.operator import settings
from ohmstead.store.engine import PostgresDatabase

AT_ONCE, FAILING = 50, 5
TOP_UP = Order(kind="invoice", purchase_type="topup_package", currency="EUR",
               items=[Item(what=items.top_up(), gross=Decimal("3.33"))])  # fmt: skip


class NotMade(Exception):
    """Whatever may go wrong while a document is made."""


async def issued(database: PostgresDatabase, fails: bool = False) -> None:
    async with database.begin() as tx:
        await issue(tx, TOP_UP)
        if fails:
            raise NotMade


async def series(database: PostgresDatabase, kind: str = "invoice") -> list[Row]:
    """The documents of a kind, as they were numbered."""
    async with database.read() as tx:
        rows = "SELECT number, place, issued_at FROM document WHERE kind = :kind ORDER BY issued_at, place"
        return await tx.all(text(rows).bindparams(kind=kind))


async def test_fifty_at_once_of_which_five_fail_and_one_is_killed(system: System, here: Path) -> None:
    """E13. The killed one is the first: all others wait for what becomes of its number."""
    database = system.database
    arguments = ("-m", "tests.rooms.billing.issuing_process", system.dsn)
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=here, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"issued\n"
        every = AT_ONCE // FAILING
        others = asyncio.gather(
            *(issued(database, number % every == 0) for number in range(AT_ONCE)), return_exceptions=True
        )
    finally:
        process.kill()
        await process.wait()
    assert [type(one) for one in await others if one is not None] == [NotMade] * FAILING
    found, year = await series(database), datetime.now(UTC).year
    numbers = range(1, AT_ONCE - FAILING + 1)
    assert [row["place"] for row in found] == [*numbers]
    assert [row["number"] for row in found] == [f"INV-{year}-{number:06}" for number in numbers]
    await issued(database)
    assert (await series(database))[-1]["place"] == AT_ONCE - FAILING + 1


async def test_each_kind_has_a_series(system: System) -> None:
    async with system.database.begin() as tx:
        given = [(await next_number(tx, kind)).text for kind in (*PREFIXES, *PREFIXES)]
    assert [re.sub("-[0-9]{4}-", " ", one) for one in given] == [
        f"{prefix} {place:06}" for place in (1, 2) for prefix in ("INV", "PRO", "CRN", "RCP")
    ]


@pytest.fixture
async def eve(system: System) -> AsyncIterator[tuple[PostgresDatabase, ManualClock]]:
    """The last second of 2026 in Berlin, where the operator is."""
    clock = ManualClock(datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC))
    async with system.database.begin() as tx:
        await settings.put(tx, "regional", timeZone="Europe/Berlin")
    database = await PostgresDatabase.connect(system.dsn, clock, most=2)
    yield database, clock
    await database.close()


async def test_a_year_begins_at_the_operators_midnight(eve: tuple[PostgresDatabase, ManualClock]) -> None:
    database, clock = eve
    for seconds in (0, 1, 3600):
        await clock.advance(seconds)
        await issued(database)
    assert [row["number"] for row in await series(database)] == [
        "INV-2026-000001",
        "INV-2027-000001",
        "INV-2027-000002",
    ]


async def test_who_waited_for_a_number_is_not_dated_before_the_one_before(system: System) -> None:
    """The first has begun before the second, and comes to its number after it."""
    waiting, issued_by_other = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with system.database.begin() as tx:
            await tx.value(text("SELECT 1"))
            waiting.set()
            await issued_by_other.wait()
            await issue(tx, TOP_UP)

    task = asyncio.create_task(first())
    await waiting.wait()
    await issued(system.database)
    issued_by_other.set()
    await task
    found = await series(system.database)
    assert [row["place"] for row in found] == [1, 2]
    assert found[0]["issued_at"] == found[1]["issued_at"]


CHANGES = (
    "UPDATE document SET total = 0, tax = 0, subtotal = 0", "UPDATE document SET number = 'X'",
    "UPDATE document_line SET net = 0", "DELETE FROM document_line", "DELETE FROM document",
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
async def test_what_was_issued_is_not_changed(system: System, change: str) -> None:
    await issued(system.database)
    with pytest.raises(Exception, match="never changed"):
        async with system.database.begin() as tx:
            await tx.run(text(change))
