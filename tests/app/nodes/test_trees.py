"""Circuit trees among nodes: each is steered by one, a newcomer gets its share, the dead leave theirs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest

from ohmstead.app.system import System
from ohmstead.rooms.devices.presence.nodes import DEAD_AFTER
from ohmstead.rooms.devices.stations import Command, Outcome, StationOffline
from ohmstead.rooms.power.management.manager import LoadManagement
from tests.app.nodes.conftest import Made, Maker
from tests.app.nodes.test_membership import age, steady
from tests.given import Given
from tests.scenarios.waiting import becomes

TREES = 7


class Nobody:
    """No station within reach."""

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        raise StationOffline

    def connected(self, charge_point_id: int) -> bool:
        return False


class Steering:
    """Load management on several nodes, and a look at all of them again and again."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.managers: list[tuple[Made, LoadManagement]] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.both: list[int] = []
        self.looks = 0

    def on(self, one: Made) -> LoadManagement:
        manager = LoadManagement(self._system.database, Nobody(), self._system.clock, node_group=one.members)
        one.members.changed.connect(lambda _: manager.rearrange())
        for _, other in self.managers:
            other.gave_away.connect(manager.rearrange)
            manager.gave_away.connect(other.rearrange)
        self.managers.append((one, manager))
        self.tasks.append(asyncio.create_task(manager.run()))
        return manager

    async def watch(self) -> None:
        while True:
            self.looks += 1
            held = Counter(root for _, manager in self.managers if manager._surely() for root in manager.loops)
            self.both += [root for root, nodes in held.items() if nodes > 1]
            await asyncio.sleep(0.002)


@pytest.fixture
async def steering(system: System, made: Maker) -> AsyncIterator[Steering]:
    found = Steering(system)
    found.tasks.append(asyncio.create_task(found.watch()))
    yield found
    for task in found.tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert found.looks > 50
    assert not found.both


async def counts(*managers: LoadManagement) -> list[int]:
    return [len(manager.loops) for manager in managers]


async def grow(given: Given) -> None:
    for _ in range(TREES):
        await given.circuit(maxCurrent=32)


async def test_a_newcomer_gets_its_share_and_who_leaves_gives_it_back(
    system: System, made: Maker, given: Given, steering: Steering
) -> None:
    await grow(given)
    first = await made("first")
    one = steering.on(first)
    await becomes(lambda: counts(one), lambda found: found == [TREES])
    second = await made("second", "worker")
    two = steering.on(second)
    await becomes(lambda: counts(one, two), lambda found: found == [4, 3])
    await made("third", "api")
    await given.circuit(maxCurrent=32)
    await becomes(lambda: counts(one, two), lambda found: found == [4, 4])
    await first.freeze()
    await first.members.leave()
    await becomes(lambda: counts(two), lambda found: found == [TREES + 1])


async def test_who_was_taken_for_dead_steers_nothing_any_more(
    system: System, made: Maker, given: Given, steering: Steering
) -> None:
    await grow(given)
    zombie = await made("zombie")
    undead = steering.on(zombie)
    await becomes(lambda: counts(undead), lambda found: found == [TREES])
    alive = await made("alive", "worker")
    await zombie.freeze()  # it neither gives away nor learns anything: its loops go on
    living = steering.on(alive)
    zombie.members._said_at -= DEAD_AFTER.total_seconds()
    await age(system, zombie, DEAD_AFTER + timedelta(seconds=1))
    steady(alive)
    await becomes(lambda: counts(living), lambda found: found == [TREES])
    assert await counts(undead) == [TREES]
    assert not undead._surely()
    await zombie.live()  # it comes back, finds itself buried and joins as somebody new
    await becomes(lambda: counts(living, undead), lambda found: found == [4, 3])
    assert undead._surely()
