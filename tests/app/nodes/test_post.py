"""The post: letters arrive in order, every answer finds who asked, and nobody waits for the dead."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest
from msgspec import UNSET

from ohmstead.app.nodes import messages as letters
from ohmstead.app.nodes.messages import Order, ReleaseSocket
from ohmstead.app.system import System
from ohmstead.kit.db import DatabaseUnavailable, Tx
from ohmstead.rooms.devices.presence import nodes
from ohmstead.rooms.devices.stations import (
    ChargingProfile,
    Command,
    CompositeSchedule,
    Outcome,
    RawCall,
    Reset,
    SchedulePeriod,
    SetChargingProfile,
    Setting,
    StationError,
    StationOffline,
    StationRefused,
    StationSilent,
    StationUntold,
)
from tests.app.nodes.conftest import Made, Maker
from tests.scenarios.waiting import becomes

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROFILE = ChargingProfile(
    id=3, stack_level=1, purpose="transaction", kind="absolute", unit="A", starts_at=MOMENT,
    periods=(SchedulePeriod(0, 16.0, 3), SchedulePeriod(60, 0.0)),
)  # fmt: skip
OUTCOME = Outcome(
    status="Accepted", settings=(Setting("A", "1", True), Setting("B", None, False, component="C")),
    schedule=CompositeSchedule(evse_network_id=1, starts_at=None, unit="W", periods=(SchedulePeriod(0, 7.5),)),
    payload={"list": [1, 2.5, None, "ü\0"]},
)  # fmt: skip
ERRORS = (
    StationOffline(), StationSilent(2.5), StationRefused("NotSupported", "no"), StationRefused("GenericError"),
    StationUntold("This is no Reset"),
)  # fmt: skip


async def pair(made: Maker) -> tuple[Made, Made]:
    first, second = await made("first"), await made("second", "gateway")
    await becomes(lambda: seen(first), lambda others: second.id in others)
    return first, second


async def seen(one: Made) -> set[int]:
    return set(one.members.others)


async def test_commands_and_outcomes_are_the_same_on_the_other_side(made: Maker) -> None:
    first, second = await pair(made)
    heard: list[Command] = []

    async def obey(told: Order) -> Outcome:
        heard.append(letters.command_of(told))
        return OUTCOME

    second.post.answers(Order, obey)
    commands = [SetChargingProfile(evse_network_id=1, profile=PROFILE), RawCall(action="X", payload={"a": "\0" * 9000})]
    for command in commands:
        assert await ask(first, second, command) == OUTCOME
    assert heard == commands


async def ask(first: Made, second: Made, command: Command) -> Outcome:
    return letters.outcome_of(await first.post.ask(second.id, lambda number: letters.order(number, 1, command)))


def test_every_command_can_be_told() -> None:
    assert all(kind.__name__ in letters._COMMANDS for kind in get_args(Command))
    assert msgspec.json.decode(letters.order(1, 2, Reset(kind="hard")).body) == {"kind": "hard"}
    assert UNSET not in letters._COMMANDS.values()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_errors_keep_their_kind_and_their_words(made: Maker, error: StationError) -> None:
    first, second = await pair(made)

    async def refuse(told: Order) -> Outcome:
        raise error

    second.post.answers(Order, refuse)
    with pytest.raises(type(error)) as met:
        await ask(first, second, Reset(kind="soft"))
    assert (str(met.value), vars(met.value)) == (str(error), vars(error))


async def test_a_fault_of_the_other_side_is_no_answer_of_the_station(made: Maker) -> None:
    first, second = await pair(made)

    async def stumble(told: Order) -> Outcome:
        raise KeyError("oops")

    second.post.answers(Order, stumble)
    with pytest.raises(StationError, match="oops"):
        await ask(first, second, Reset(kind="soft"))


async def test_letters_arrive_in_the_order_sent(made: Maker) -> None:
    first, second = await pair(made)
    heard: list[int] = []

    async def note(told: ReleaseSocket) -> None:
        heard.append(told.station_id)

    second.post.reads(ReleaseSocket, note)
    for number in range(300):
        first.post.send(second.id, ReleaseSocket(number))
        if number % 50 == 0:
            await asyncio.sleep(0)
    await becomes(lambda: told(heard), lambda count: count == 300)
    assert heard == list(range(300))


async def told(heard: list[int]) -> int:
    return len(heard)


async def test_nobody_waits_for_the_dead_and_nothing_of_theirs_remains(system: System, made: Maker) -> None:
    first, second = await pair(made)
    asked = asyncio.Event()

    async def never(told: Order) -> Outcome:
        asked.set()
        await asyncio.Event().wait()
        return OUTCOME

    second.post.answers(Order, never)
    asking = asyncio.create_task(ask(first, second, Reset(kind="soft")))
    await asyncio.wait_for(asked.wait(), 20)
    await second.freeze()
    first.post.send(second.id, ReleaseSocket(1))
    await becomes(lambda: waiting(system), bool)
    await second.members.leave()
    with pytest.raises(StationOffline):
        await asking
    assert await waiting(system) == 0
    with pytest.raises(StationOffline):
        await ask(first, second_gone(second), Reset(kind="soft"))


def second_gone(second: Made) -> Made:
    """The one that left, by an id that nobody has."""
    second.members.id = 10**9
    return second


async def waiting(system: System) -> int:
    async with system.database.read() as tx:
        return len(await tx.all(nodes.node_letter.select()))


async def test_who_is_taken_for_dead_says_nothing_more(system: System, made: Maker) -> None:
    first, second = await pair(made)
    await second.freeze()
    former = first.id
    await first.freeze()
    async with system.database.begin() as tx:
        await tx.run(nodes.node.delete().where(nodes.node.c.id == former))
    with pytest.raises(StationOffline):
        await ask(first, second, Reset(kind="soft"))
    assert await waiting(system) == 0


async def test_an_answer_survives_a_database_that_is_away_for_a_moment(
    made: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await pair(made)
    write, failures = nodes.write, [DatabaseUnavailable("gone"), DatabaseUnavailable("gone")]

    async def shaky(tx: Tx, me: int, letters: Sequence[tuple[int, bytes]]) -> bool:
        if me == second.id and failures:
            raise failures.pop()
        return await write(tx, me, letters)

    async def obey(told: Order) -> Outcome:
        return OUTCOME

    monkeypatch.setattr(nodes, "write", shaky)
    second.post.answers(Order, obey)
    assert await ask(first, second, Reset(kind="soft")) == OUTCOME
    assert not failures


async def test_a_command_that_cannot_be_sent_at_once_is_not_sent_later(
    system: System, made: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await pair(made)

    async def away(tx: Tx, me: int, letters: Sequence[tuple[int, bytes]]) -> bool:
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(nodes, "write", away)
        with pytest.raises(StationOffline):
            await ask(first, second, Reset(kind="soft"))
    await asyncio.gather(*first.post._busy)
    assert await waiting(system) == 0
