"""The bridge and the relay: what happens here is heard there, and nothing goes out where nobody is."""

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from ohmstead.app.nodes.messages import ReleaseSocket
from ohmstead.app.nodes.relay import Relay
from ohmstead.app.nodes.signal_forwarder import Bridge
from ohmstead.app.system import System
from ohmstead.kit.db import Database
from ohmstead.ocpp.registry import Registry
from ohmstead.rooms.charging.signals import LoadSample, limits_changed, metered_now, schedule_awaited, session_changed
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import Connected
from ohmstead.rooms.devices.stations import Outcome, Reset, StationOffline
from ohmstead.rooms.energy.meters import meter_reported
from ohmstead.rooms.network.signals import evse_status_changed, presence_changed
from ohmstead.rooms.power.circuits.resource import circuit_changed, member_changed
from ohmstead.rooms.power.management.manager import LoadManagement
from ohmstead.rooms.power.management.release import limits_undone
from tests.app.nodes.conftest import Made, Maker
from tests.given import Given
from tests.scenarios.waiting import becomes

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DRAW = LoadSample(evse_id=4, session_id=None, at=MOMENT, currents={"L1": 6.5}, soc=None, power_w=1500.0)


class Recorder:
    """Load management as the bridge sees it."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *what: self.heard.append((name, *what))


class Line:
    """A socket's connection."""

    is_closing = False

    def __init__(self, key: int) -> None:
        self.charge_point_id, self.version, self.closed = key, None, asyncio.Event()

    async def close(self, code: int, reason: str) -> None:
        self.closed.set()


def holding(*keys: int) -> Registry:
    """A registry that holds connections of these charge points."""
    registry = Registry(cast(Any, None), cast(Any, None))
    for key in keys:
        registry._held[key] = cast(Any, Line(key))
    return registry


def relay_of(system: System, one: Made, registry: Registry | None = None) -> Relay:
    return Relay(registry or holding(), system.database, one.members, one.post, 60.0)


@pytest.fixture
async def gate(made: Maker) -> Made:
    return await made("gate", "gateway")


@pytest.fixture
async def worker(made: Maker, gate: Made) -> Made:
    found = await made("worker", "worker")
    await becomes(lambda: workers(gate), lambda seen: seen == [found.id])
    return found


async def workers(one: Made) -> list[int]:
    return one.members.workers


@pytest.fixture
async def heard(system: System, gate: Made, worker: Made) -> AsyncIterator[list[tuple[Any, ...]]]:
    """What load management hears at the worker of what happens at the gateway."""
    recorder = Recorder()
    Bridge(worker.members, worker.post, relay_of(system, worker), cast(LoadManagement, recorder))
    sending = Bridge(gate.members, gate.post, relay_of(system, gate), system.load_management)
    sending.open()
    yield recorder.heard
    sending.close()


async def test_every_signal_is_heard_where_load_is_managed(heard: list[tuple[Any, ...]]) -> None:
    presence_changed.send(1)
    limits_changed.send(2)
    evse_status_changed.send(3, 30)
    session_changed.send(9, 3, 30)
    schedule_awaited.send(3, 30)
    limits_undone.send(5)
    metered_now.send([DRAW])
    meter_reported.send(6, MOMENT, (1.5, math.nan, 0.0))
    circuit_changed.send(7)
    member_changed.send(8)
    wanted = {
        ("came_or_went", 1), ("stale", 2), ("stale", 3), ("stale", 8), ("doubt", 5), ("circuit_changed", 7),
        ("awaits", 3, 30),
    }  # fmt: skip
    await becomes(lambda: count(heard), lambda found: found == len(wanted) + 2)
    *others, drew, metered = heard
    assert set(others) == wanted
    assert drew == ("drew", [DRAW])
    assert metered[:3] == ("metered", 6, MOMENT)
    assert str(metered[3]) == "(1.5, nan, 0.0)"


async def count(heard: list[tuple[Any, ...]]) -> int:
    return len(heard)


async def test_where_nobody_else_manages_load_nothing_is_gathered(system: System, made: Maker) -> None:
    alone, _ = await made("alone"), await made("gate", "gateway")
    bridge = Bridge(alone.members, alone.post, relay_of(system, alone), system.load_management)
    bridge.open()
    presence_changed.send(1)
    bridge.close()
    assert bridge._news is None


class Unreachable:
    """A database that must not be asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the database was asked: {name}")


async def test_a_station_of_our_own_is_no_matter_of_the_database(
    gate: Made, worker: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(holding(1), cast(Database, Unreachable()), gate.members, gate.post, 60.0)

    async def sent(key: int, command: Any) -> Outcome:
        return Outcome(status="Accepted")

    monkeypatch.setattr(relay._local, "call", sent)
    assert (await relay.call(1, Reset(kind="soft"))).agreed
    assert relay.connected(1)
    with pytest.raises(AssertionError, match="asked"):
        await relay.call(2, Reset(kind="soft"))


async def test_alone_nobody_asks_the_database_for_a_station(made: Maker) -> None:
    alone = await made("alone")
    relay = Relay(holding(), cast(Database, Unreachable()), alone.members, alone.post, 60.0)
    with pytest.raises(StationOffline):
        await relay.call(1, Reset(kind="soft"))
    await relay.look()
    assert not relay.connected(1)


async def test_a_station_is_seen_at_its_node_and_let_go_when_it_moves(
    system: System, gate: Made, worker: Made, given: Given
) -> None:
    key = (await given.charge_point())["id"]
    registry = holding(key)
    line = cast(Line, registry.get(key))
    relay_of(system, gate, registry)
    looking = relay_of(system, worker)
    assert await connects(system, key, gate) is None
    assert not looking.connected(key)
    await looking.look([key])
    assert looking.connected(key)

    held_by = await connects(system, key, worker)
    assert held_by == gate.id
    looking.came(key, held_by)
    await asyncio.wait_for(line.closed.wait(), 20)
    assert registry.get(key) is None
    await looking.look()
    assert not looking._elsewhere


async def test_a_station_that_came_back_is_not_let_go(system: System, gate: Made, worker: Made, given: Given) -> None:
    key = (await given.charge_point())["id"]
    registry = holding(key)
    relay = relay_of(system, gate, registry)
    await connects(system, key, gate)
    await relay._let_go(ReleaseSocket(key))
    assert registry.get(key) is not None


async def connects(system: System, key: int, one: Made) -> int | None:
    fact = Connected(charge_point_id=key, version="1.6", remote_ip="10.0.0.1", at=system.clock.now())
    async with system.database.begin() as tx:
        return (await presence.connected(tx, fact, node_id=one.id))[0]
