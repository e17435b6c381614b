"""Who makes the calls is killed between a call and what is written of it, and before it: one payment, one capture."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.rooms.billing.gateways.worker import GatewayCalls
from tests.given import Given
from tests.rooms.billing.payments import Payments
from tests.scenarios.waiting import becomes

_BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


class Killed:
    """Kills a process where it stands still: before a row that the test holds."""

    def __init__(self, system: System, here: Path) -> None:
        self.system, self.here = system, here

    async def value(self, query: str) -> Any:
        async with self.system.database.read() as tx:
            return await tx.value(text(query))

    @asynccontextmanager
    async def at(self, table: str) -> AsyncIterator[None]:
        """Have one run until it waits for a row of a table, see how things stand, and kill it (-9)."""
        await self.due()
        async with self.system.database.begin() as tx:
            await tx.all(text(f"SELECT FROM {table} FOR UPDATE"))
            arguments = ("-m", "tests.rooms.billing.gateway_process", self.system.dsn)
            process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=self.here)
            try:
                await becomes(lambda: self.value(_BLOCKED), lambda number: number > 0)
                yield
            finally:
                process.kill()
                await process.wait()

    async def due(self) -> None:
        """The lease of who was killed has ended."""
        async with self.system.database.begin() as tx:
            await tx.run(text("UPDATE gateway_call SET due_at = :now WHERE due_at IS NOT NULL"), now=tx.now)

    async def calls(self) -> dict[str, int]:
        """What the gateway did, by its own list: how often each call came."""
        async with self.system.database.read() as tx:
            return {row["step"]: row["times"] for row in await tx.all(text("SELECT step, times FROM embedded_call"))}


async def test_five_kills_leave_one_capture(system: System, given: Given, here: Path) -> None:
    payments, killed = Payments(system.database), Killed(system, here)
    made = await payments.opened("30.00", token=(await given.card()).token)
    await payments.begun(made, "authorize", "30.00")
    async with killed.at("embedded_card"):
        assert await killed.value("SELECT attempts FROM gateway_call") == 1
    assert await killed.calls() == {}, "written, not called"
    async with killed.at("payment_transaction"):
        assert await killed.calls() == {"authorize": 1}
    assert (await payments.row(made))["status"] == "initialized", "called, not written"
    await payments.begun(made, "capture", "12.40")
    async with killed.at("embedded_payment"):
        assert (await payments.row(made))["status"] == "authorized"
    assert await killed.calls() == {"authorize": 1}
    for _ in range(2):
        async with killed.at("payment_transaction"):
            assert await killed.calls() == {"authorize": 1, "capture": 1}
        assert (await payments.row(made))["status"] == "authorized", "taken, not written"
    await killed.due()
    calls = GatewayCalls(system.database, system.clock)
    await calls.look()
    await calls.settled()
    row = await payments.row(made)
    assert (row["status"], row["captured"]) == ("finalized", Decimal("12.40"))
    assert await killed.calls() == {"authorize": 1, "capture": 1}, "the rest was looked up"
    assert await killed.value("SELECT sum(captured) FROM embedded_payment") == Decimal("12.40")
    assert await payments.entries() == {f"transaction:{made}:captured": Decimal("12.40")}
