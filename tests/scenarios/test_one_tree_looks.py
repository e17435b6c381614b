"""What changes at one charge point is looked at in one tree: the others have no work with it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import func, select, text, update

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.db import Statement
from ohmstead.kit.facts import outbox
from ohmstead.rooms.charging.control.checks import place
from ohmstead.rooms.charging.signals import LoadSample, metered_now
from ohmstead.rooms.network.signals import station_booted
from ohmstead.rooms.power.circuits.resource import circuit_changed
from ohmstead.rooms.power.circuits.table import circuit
from ohmstead.rooms.power.management import loop
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import Snapshot
from ohmstead.rooms.power.management.start_admission import admission
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.store import engine
from tests.live import Live, live
from tests.scenarios.waiting import becomes

TREES = 6
POINTS, EVSES, CIRCUITS = "/resources/charge-points/v2.0", "/resources/evses/v2.1", "/resources/circuits/v2.0"
Change = Callable[["Trees", int], Awaitable[Any]]


class Trees:
    """Some circuits with a charge point each, and how often each was looked at."""

    def __init__(self, site: Live, model: int) -> None:
        self.site, self.model = site, model
        self.circuits: list[int] = []
        self.points: list[dict[str, Any]] = []
        self.looks: Counter[int] = Counter()

    async def grow(self) -> None:
        self.circuits.append((await self.site.given.circuit())["id"])
        self.points.append(await self.site.charge_point(f"CP{len(self.points)}"))
        await self.site.attach({"id": self.circuits[-1]}, self.points[-1])

    async def rest(self) -> None:
        """Wait until every fact is told and nobody has anything left to look at."""

        async def busy() -> bool:
            async with self.site.system.database.read() as tx:
                waiting = await tx.value(select(func.count()).select_from(outbox))
            return bool(waiting) or self.site.system.load_management.busy

        await becomes(busy, lambda found: not found)

    async def patch(self, path: str, **fields: Any) -> None:
        answer = await self.site.api.patch(path, fields)
        assert answer.status == 200, answer.body


@pytest.fixture
async def trees(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Trees]:
    usual = loop.take
    async with live(system.dsn, tmp_path, SystemClock(), Tuning(tick=1e6)) as site:
        found = Trees(site, (await site.given.model())["id"])

        async def take(tx: Any, root: int) -> Snapshot | None:
            found.looks[root] += 1
            return await usual(tx, root)

        monkeypatch.setattr(loop, "take", take)
        for _ in range(TREES):
            await found.grow()
        await found.rest()
        assert set(found.looks) == set(found.circuits)
        found.looks.clear()
        yield found


async def name_it(trees: Trees, at: int) -> None:
    await trees.patch(f"{POINTS}/{trees.points[at]['id']}", name="Another")


async def rate_its_evse(trees: Trees, at: int) -> None:
    await trees.patch(f"{EVSES}/{trees.points[at]['evses'][0]['id']}", powerOptions={"maxAmperage": 16})


async def add_an_evse(trees: Trees, at: int) -> None:
    await trees.site.given.evse(trees.points[at], networkId="2")


async def close_its_evse(trees: Trees, at: int) -> None:
    answer = await trees.site.api.delete(f"{EVSES}/{trees.points[at]['evses'][0]['id']}")
    assert answer.status == 204


async def limit_its_circuit(trees: Trees, at: int) -> None:
    await trees.patch(f"{CIRCUITS}/{trees.circuits[at]}", maxCurrent=40)


async def weigh_it(trees: Trees, at: int) -> None:
    path = f"/actions/circuit/v2.0/{trees.circuits[at]}/set-charge-point-priority/{trees.points[at]['id']}"
    assert (await trees.site.api.post(path, {"priority": 2})).status == 202


async def take_it_off(trees: Trees, at: int) -> None:
    path = f"/actions/circuit/v2.0/{trees.circuits[at]}/detach-charge-point/{trees.points[at]['id']}"
    assert (await trees.site.api.post(path)).status == 202


async def delete_it(trees: Trees, at: int) -> None:
    assert (await trees.site.api.delete(f"{POINTS}/{trees.points[at]['id']}")).status == 204


async def wire_it(trees: Trees, at: int) -> None:
    details = {"mode": "dynamic", "defaultChargePointMaxCurrent": 16, "maxVoltage": "400", "phases": "three_phase"}
    path = f"{POINTS}/{trees.points[at]['id']}/smart-charging"
    await trees.site.given.made(path, details | {"phaseRotation": "STR"})


@pytest.mark.parametrize(
    "change",
    [name_it, rate_its_evse, add_an_evse, close_its_evse, limit_its_circuit, weigh_it, take_it_off, delete_it, wire_it],
)
async def test_one_change_one_tree(trees: Trees, change: Change) -> None:
    await change(trees, 2)
    await trees.rest()
    assert set(trees.looks) == {trees.circuits[2]}


async def move_it(trees: Trees, at: int) -> None:
    await trees.patch(f"{CIRCUITS}/{trees.circuits[at]}", parentCircuitId=trees.circuits[0], phaseRotation="RST")


async def part_it(trees: Trees, at: int) -> None:
    await trees.patch(f"{CIRCUITS}/{trees.circuits[at]}", parentCircuitId=None)


async def test_a_circuit_that_moves_wakes_the_tree_it_joins_and_the_one_it_leaves(trees: Trees) -> None:
    management, point = trees.site.system.load_management, trees.points[2]["id"]
    await move_it(trees, 2)
    await trees.rest()
    assert set(trees.looks) == {trees.circuits[0]}
    assert management.loop_of(point) is management.loops[trees.circuits[0]]
    trees.looks.clear()
    await part_it(trees, 2)
    await trees.rest()
    assert set(trees.looks) == {trees.circuits[0], trees.circuits[2]}
    assert management.loop_of(point) is management.loops[trees.circuits[2]]
    assert set(management.loops) == set(trees.circuits)


async def test_a_charge_point_that_changes_its_circuit_is_steered_in_the_other_tree(trees: Trees) -> None:
    management, point = trees.site.system.load_management, trees.points[2]
    await take_it_off(trees, 2)
    await trees.site.attach({"id": trees.circuits[3]}, point)
    await trees.rest()
    assert set(trees.looks) == {trees.circuits[2], trees.circuits[3]}
    assert management.loop_of(point["id"]) is management.loops[trees.circuits[3]]


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many statements about circuits were run, and how many rows they read."""
    usual, found = engine._Tx.all, Counter[str]()

    async def all(tx: Any, sql: Any, /, **values: Any) -> list[Any]:
        rows = await usual(tx, sql, **values)
        if "circuit" in (sql if isinstance(sql, Statement) else Statement(sql)).text:
            found["statements"] += 1
            found[f"in {id(tx)}"] += 1
            found["rows"] += len(rows)
        return rows

    monkeypatch.setattr(engine._Tx, "all", all)
    return found


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The roots of the loops that were."""
    usual, found = loop.Loop.wake, set[int]()

    def wake(own: loop.Loop, stale: bool = False) -> None:
        found.add(own.root)
        usual(own, stale)

    monkeypatch.setattr(loop.Loop, "wake", wake)
    return found


async def test_what_a_change_costs_does_not_grow_with_the_trees(
    trees: Trees, cost: Counter[str], woken: set[int]
) -> None:
    """A new charge point wakes nobody, and hung on a circuit its tree alone; with as many statements, and as few rows
    read by them, among eighteen trees as among six."""

    async def costs(at: int) -> Counter[str]:
        await trees.rest()
        woken.clear()
        point = await trees.site.charge_point(f"NEW{at}")
        await trees.rest()
        assert woken == set()
        cost.clear()
        await trees.site.attach({"id": trees.circuits[at]}, point)
        await trees.rest()
        assert woken == {trees.circuits[at]}
        return Counter({name: cost[name] for name in ("statements", "rows")})

    few = await costs(1)
    for _ in range(2 * TREES):
        await trees.grow()
    assert await costs(2) == few
    assert few["rows"] < 10


async def test_a_start_right_after_a_change_costs_the_same_however_much_hangs_there(
    trees: Trees, cost: Counter[str]
) -> None:
    async with trees.site.system.database.begin() as tx:
        await tx.run(text("UPDATE charge_point SET first_contact_at = now()"))

    async def costs(at: int) -> int:
        await trees.rest()
        cost.clear()
        async with trees.site.system.database.begin() as tx:
            await tx.run(update(circuit).values(updated_at=tx.now))  # of which nobody is told
            there = await place(tx, int(trees.points[at]["evses"][0]["id"]))
            assert there is not None
            assert await admission.has_room(tx, there)
            took = cost[f"in {id(tx)}"]  # the loop, which was woken, may look at what is committed from here on
            assert await admission.outlet(tx, there) is not None
            return took

    few = await costs(1)
    for number in range(4):
        point = await trees.site.charge_point(f"MORE{number}")
        await trees.site.attach({"id": trees.circuits[2]}, point)
    assert await costs(2) == few


async def test_a_station_that_starts_anew_wakes_its_tree_alone(trees: Trees, woken: set[int]) -> None:
    management = trees.site.system.load_management
    async with trees.site.system.database.begin() as tx:
        await tx.run(text("UPDATE charge_point SET first_contact_at = now()"))
    management.rearrange()
    for one in management.loops.values():
        one.wake(stale=True)
    await trees.rest()
    woken.clear()
    station_booted.send(trees.points[4]["id"])
    assert woken == {trees.circuits[4]}


async def test_a_model_wakes_the_trees_of_its_charge_points(trees: Trees) -> None:
    for at in (1, 4):
        await trees.patch(f"{POINTS}/{trees.points[at]['id']}", modelId=trees.model)
    await trees.rest()
    trees.looks.clear()
    path = f"/resources/charge-point-models/v1.0/{trees.model}"
    await trees.patch(path, quirks={"chargingRateUnit": "W"})
    await trees.rest()
    assert set(trees.looks) == {trees.circuits[1], trees.circuits[4]}


async def test_circuits_that_go_round_in_a_circle_stop_nobody(trees: Trees) -> None:
    """No write makes such a circle, but the database may hold one: they hang on nothing, and the others go on."""
    first, second = trees.circuits[:2]
    async with trees.site.system.database.begin() as tx:
        for one, other in ((first, second), (second, first)):
            await tx.run(update(circuit).where(circuit.c.id == one).values(parent_circuit_id=other))
            tx.after_commit(partial(circuit_changed.send, one))
    await trees.rest()
    assert set(trees.site.system.load_management.loops) == set(trees.circuits[2:])
    trees.looks.clear()
    await name_it(trees, 3)
    await trees.rest()
    assert set(trees.looks) == {trees.circuits[3]}


async def test_a_loop_that_died_is_begun_anew(trees: Trees) -> None:
    management, root = trees.site.system.load_management, trees.circuits[1]
    management._tasks[root].cancel()
    with suppress(asyncio.CancelledError):
        await management._tasks[root]
    management.rearrange()
    await trees.rest()
    assert trees.looks[root] == 1
    assert not management._tasks[root].done()


async def test_one_reading_that_cannot_be_taken_in_keeps_no_other(
    trees: Trees, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trees.site.system.database.begin() as tx:
        await tx.run(text("UPDATE charge_point SET first_contact_at = now()"))
        for id in trees.circuits:
            tx.after_commit(partial(circuit_changed.send, id))
    await trees.rest()
    usual, taken = Site.drew, list[int]()
    odd, *others = (point["evses"][0]["id"] for point in trees.points)

    def drew(site: Site, evse_id: int, *rest: Any) -> None:
        if evse_id == odd:
            raise ArithmeticError("of all things")
        taken.append(evse_id)
        usual(site, evse_id, *rest)

    monkeypatch.setattr(Site, "drew", drew)
    now = trees.site.clock.now()
    with structlog.testing.capture_logs() as logged:
        metered_now.send([LoadSample(one, None, now, {"L1": 6.0}, None, None) for one in (odd, *others)])
    assert taken == others
    assert [one["evse"] for one in logged if one["log_level"] == "error"] == [odd]


async def test_a_new_tree_and_what_hangs_on_it_are_looked_at(trees: Trees) -> None:
    await trees.grow()
    await trees.rest()
    assert set(trees.looks) == {trees.circuits[-1]}
    below = {"name": "Below", "phases": "three_phase", "phaseRotation": "RST", "maxCurrent": 20}
    trees.looks.clear()
    await trees.site.given.made(CIRCUITS, below | {"parentCircuitId": trees.circuits[0]})
    await trees.rest()
    assert set(trees.looks) == {trees.circuits[0]}
