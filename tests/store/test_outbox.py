"""The outbox's reader: every subscriber hears of a fact, and none suffers for another."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Text, cast, func, select

from ohmstead.app.system import System
from ohmstead.kit.db import Tx
from ohmstead.kit.facts import Handler, audit, on, outbox, subscribers

TOPIC = "outbox.test"
Subscribe = Callable[..., None]


@pytest.fixture
def subscribe() -> Iterator[Subscribe]:
    """Subscribes to the topic of this test while it runs."""

    def to(*handlers: Handler) -> None:
        for handler in handlers:
            on(TOPIC)(handler)

    yield to
    subscribers(TOPIC).clear()


def noting(action: str) -> Handler:
    """A subscriber that leaves a trace, and the number of its transaction with it."""

    async def note(tx: Tx, payload: dict[str, Any]) -> None:
        number = await tx.value(select(cast(func.pg_current_xact_id(), Text)))
        await tx.run(audit.insert().values(at=tx.now, action=action, target=TOPIC, trace_id=number))

    return note


async def failing(tx: Tx, payload: dict[str, Any]) -> None:
    raise ValueError("it cannot take that")


async def told(system: System) -> list[tuple[str, str]]:
    """A fact was read: the traces, by subscriber and transaction."""
    async with system.database.begin() as tx:
        tx.fact(TOPIC)
    await system.outbox.drain()
    async with system.database.read() as tx:
        rows = await tx.all(
            select(audit.c.action, audit.c.trace_id).where(audit.c.target == TOPIC).order_by(audit.c.id)
        )
    return [(row["action"], row["trace_id"]) for row in rows]


async def attempts(system: System) -> list[int]:
    async with system.database.read() as tx:
        return [row[0] for row in await tx.all(select(outbox.c.attempts).where(outbox.c.topic == TOPIC))]


async def test_subscribers_are_told_in_one_transaction(system: System, subscribe: Subscribe) -> None:
    subscribe(noting("first"), noting("second"))
    [(first, one), (second, other)] = await told(system)
    assert (first, second, one == other) == ("first", "second", True)
    assert await attempts(system) == []


async def test_one_that_fails_takes_nothing_from_those_before_it(system: System, subscribe: Subscribe) -> None:
    subscribe(noting("first"), noting("second"), failing)
    [(first, one), (second, other)] = await told(system)
    assert (first, second, one != other) == ("first", "second", True)
    assert await attempts(system) == [1], "and the fact is told again later"
