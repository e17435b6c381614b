"""The outbox's reader: every subscriber hears of a fact, and none suffers for another."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy import Text, cast, func, select

from ohmstead.app.system import System
from ohmstead.kit.db import Tx
from ohmstead.kit.facts import Fact, Handler, audit, on, outbox, subscribers

TOPIC = "test.outbox"


class Written(Fact, topic=TOPIC):
    """A fact of these tests; what it adds was not there in the release before."""

    word: str = ""
    number: int
    added: str = "nothing"


Subscribe = Callable[..., None]


@pytest.fixture
def subscribe() -> Iterator[Subscribe]:
    """Subscribes to the topic of this test while it runs."""

    def to(*handlers: Handler[Any]) -> None:
        for handler in handlers:
            on(Written)(handler)

    yield to
    subscribers(TOPIC).clear()


def noting(action: str) -> Handler[Written]:
    """A subscriber that leaves a trace, and the number of its transaction with it."""

    async def note(tx: Tx, fact: Written) -> None:
        number = await tx.value(select(cast(func.pg_current_xact_id(), Text)))
        await tx.run(audit.insert().values(at=tx.now, action=action, target=TOPIC, trace_id=number))

    return note


async def failing(tx: Tx, fact: Written) -> None:
    raise ValueError("it cannot take that")


async def told(system: System) -> list[tuple[str, str]]:
    """A fact was read: the traces, by subscriber and transaction."""
    async with system.database.begin() as tx:
        tx.tell(Written(number=1))
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


async def lies(system: System, payload: Any, topic: str = TOPIC) -> None:
    """Something lies in the outbox, as another release wrote it."""
    async with system.database.begin() as tx:
        await tx.run(outbox.insert().values(topic=topic, payload=payload, at=tx.now, due_at=tx.now))


async def test_what_an_older_release_told_is_heard_as_its_fact(system: System, subscribe: Subscribe) -> None:
    heard: list[Written] = []

    async def hear(tx: Tx, fact: Written) -> None:
        heard.append(fact)

    subscribe(hear)
    await lies(system, {"word": "is", "number": 7, "taken_out": [1, {"since": "then"}]})
    await system.outbox.drain()
    assert heard == [Written(word="is", number=7, added="nothing")]
    assert await attempts(system) == []


async def test_one_that_cannot_be_read_stops_nobody(system: System, subscribe: Subscribe) -> None:
    heard: list[int] = []

    async def hear(tx: Tx, fact: Written) -> None:
        heard.append(fact.number)

    subscribe(hear, hear)
    await lies(system, {"word": "its number is missing"})
    await lies(system, ["no", "object"])
    await lies(system, {"any": "thing"}, "test.nobody.knows")
    await lies(system, {"number": 7})
    with structlog.testing.capture_logs() as logged:
        await system.outbox.drain()
    assert (heard, await attempts(system)) == ([7, 7], [1, 1])
    assert [one["topic"] for one in logged if one["event"] == "fact failed"] == [TOPIC, TOPIC]
    async with system.database.read() as tx:
        told = await tx.all(select(outbox.c.topic, outbox.c.error).order_by(outbox.c.id))
    assert [row["topic"] for row in told] == [TOPIC, TOPIC], "of the unknown topic there is nobody to tell"
    assert "missing required field `number`" in told[0]["error"]
