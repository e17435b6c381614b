"""`ohmstead ledger check`, as whoever answers for the money runs it."""

import asyncio

import asyncpg
import asyncpg.pool
import pytest
from sqlalchemy import text

from ohmstead.app.commands.ledger import check
from ohmstead.app.system import System
from tests.given import Given


async def test_it_adds_up_or_says_where_not(
    given: Given, system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    user = int((await given.user())["id"])
    await given.balance(user, 12.5)
    monkeypatch.setattr(asyncpg, "create_pool", asyncpg.pool.create_pool)  # its loop is its own, and so is its pool
    monkeypatch.setenv("OHMSTEAD_DATABASE_URL", system.dsn)
    await asyncio.to_thread(check)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["EUR", "credit", "-12.5", "accounts:", "1"],
        ["EUR", "user_balance", "12.5", "accounts:", "1"],
        ["The", "ledger", "adds", "up."],
    ]
    async with system.database.begin() as tx:
        await tx.run(text("UPDATE ev_user SET balance = 20"))
    with pytest.raises(SystemExit) as ended:
        await asyncio.to_thread(check)
    assert str(ended.value).splitlines() == [
        f"user {user} shows 20, its account 12.5",
        f"user {user} has a balance of 20, and 12.5 left on vouchers",
        "The ledger does not add up: 2 faults.",
    ]
