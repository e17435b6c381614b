"""Frozen query counts: a listing takes no more statements for twelve rows than for three, with all that it includes."""

from typing import Any

import pytest

from ohmstead.kit.operations import Operation
from ohmstead.store import engine
from tests.client import Client
from tests.fuzz import Rows
from tests.fuzz_world import FuzzWorld
from tests.listings import API, FEW, FEWER, LISTINGS, MANY, grown


class Counted:
    """Counts the statements of every transaction."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.statements: list[str] = []
        for name in ("all", "one", "run"):
            patch.setattr(engine._Tx, name, self._counting(getattr(engine._Tx, name)))

    def _counting(self, method: Any) -> Any:
        async def counting(tx: Any, sql: Any, /, **values: Any) -> Any:
            words = str(getattr(sql, "text", sql))
            if "FROM api_token" not in words:  # who asks is looked up again every 5 s, whatever is asked
                self.statements.append(words)
            return await method(tx, sql, **values)

        return counting


async def counts(api: Client, world: FuzzWorld, counted: Counted, operation: Operation) -> list[tuple[int, int]]:
    """How many rows a listing shows and how many statements it takes, of few rows and of many."""
    wanted = [f"include[]={name}" for name in operation.includes]
    wanted += [f"{one.name}=true" for one in operation.parameters if one.type is bool]
    query, found = "&".join(["per_page=100", *wanted]), []
    for copies in (FEW - 1, MANY - FEW):
        await grown(api, world, operation, copies)
        for _ in range(2):  # the first one warms up
            counted.statements.clear()
            answer = await api.get(world.path(operation), query)
            assert answer.status == 200, answer.body
        found.append((len(answer.data), len(counted.statements)))
    return found


async def test_a_listing_takes_no_more_statements_for_many_rows_than_for_few(
    api: Client, world: FuzzWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, rows, wrong = Counted(monkeypatch), await Rows.kept(world.given.system.dsn), {}
    for operation in LISTINGS:
        if (path := operation.path.removeprefix(API)) in FEWER:
            continue
        await rows.back()
        try:
            (few, statements), (many, more) = await counts(api, world, counted, operation)
        except AssertionError as error:
            wrong[path] = str(error)[:300]
            continue
        if few < FEW or many < MANY or more > statements:  # fewer where it has not to look further
            wrong[path] = f"{statements} statements for {few} rows, {more} for {many}"
    await rows.dropped()
    assert not wrong, "\n".join(f"{path}: {what}" for path, what in wrong.items())
