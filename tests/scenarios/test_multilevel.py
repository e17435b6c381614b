"""A tree of cables: 63 A at the root, two children of 32 A whose phases are turned, stations on all three."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.rooms.invites import invited
from tests.scenarios.places import fleet
from tests.scenarios.waiting import happens

SPEED = 25.0  # simulated s a second
ROOT_A, CHILD_A = 63.0, 32.0
SOON_S = 60.0  # simulated, in which what an operator changes has taken effect
STRAIGHT = "RST"


@dataclass
class Cable:
    """A circuit, and what hangs on it or below."""

    row: dict[str, Any]
    limit: float
    rotation: str = STRAIGHT
    stations: list[StationV16] = field(default_factory=list)
    excused: bool = False
    violations: list[str] = field(default_factory=list)

    def look(self) -> None:
        """On the root's phases: turned phases are the same three wires."""
        for phase in range(3):
            drawn = sum(station.site_draw()[phase] for station in self.stations)
            if drawn > self.limit + 0.05 and not self.excused:
                self.violations.append(f"{self.row['name']} L{phase + 1}: {drawn:.1f} A")


def below(rotation: str, wired: str) -> str:
    """Wiring below a turned circuit, as seen from the root: a rotation, or a phase of the circuit's own."""
    if wired.startswith("L"):
        return "L" + str(1 + STRAIGHT.index(rotation[int(wired[1]) - 1]))
    return "".join(rotation[STRAIGHT.index(letter)] for letter in wired)


class Tree:
    """The three cables and their stations."""

    def __init__(self, site: Live, card: str, root: Cable, left: Cable, right: Cable) -> None:
        self.site, self.card = site, card
        self.root, self.left, self.right = root, left, right
        self.looks = 0
        self.points: dict[str, dict[str, Any]] = {}

    async def add(self, name: str, cable: Cable, wired: str = STRAIGHT, rating: float = 32) -> StationV16:
        """A station on one of the cables."""
        point = await self.site.charge_point(name, rating, wired)
        await self.site.attach(cable.row, point)
        station = await self.site.station(name, rating, below(cable.rotation, wired))
        self.points[name] = point
        for each in {id(one): one for one in (cable, self.root)}.values():
            each.stations.append(station)
        return station

    async def charge(self, *stations: StationV16) -> None:
        for station in stations:
            station.plug(1, Vehicle(3, 32, soc=10))
            assert await station.present_tag(1, self.card)

    async def watch(self) -> None:
        while True:
            await self.site.clock.sleep(1.0)
            self.looks += 1
            for cable in (self.root, self.left, self.right):
                cable.look()

    async def settles(self, predicate: Callable[[], bool]) -> None:
        """Within a time that operators would call soon."""
        settled = await happens(self.site.clock, predicate, SOON_S)
        assert settled, {station.identity: station.offered(1) for station in self.root.stations}

    async def weigh(self, station: StationV16, priority: float, cable: Cable) -> None:
        path = (
            f"/actions/circuit/v2.0/{cable.row['id']}/set-charge-point-priority/{self.points[station.identity]['id']}"
        )
        assert (await self.site.api.post(path, {"priority": priority})).status == 202

    async def limit(self, cable: Cable, **fields: Any) -> None:
        assert (await self.site.api.patch(f"/resources/circuits/v2.0/{cable.row['id']}", fields)).status == 200


@pytest.fixture
async def tree(system: System, tmp_path: Path) -> AsyncIterator[Tree]:
    tuning = Tuning(tick=5.0, band=EXACT, pace=Pace(hold=10.0))
    async with live(system.dsn, tmp_path, SystemClock(SPEED), tuning) as site:
        root = await site.given.circuit(name="root", maxCurrent=ROOT_A)
        made = Tree(site, await fleet(site), Cable(root, ROOT_A), *[
            Cable(await site.given.circuit(name=name, maxCurrent=CHILD_A, parentCircuitId=root["id"],
                                           phaseRotation=rotation), CHILD_A, rotation)
            for name, rotation in (("left", "RST"), ("right", "STR"))
        ])  # fmt: skip
        watching = asyncio.create_task(made.watch())
        yield made
        while made.looks <= 20 and not watching.done():  # a short test is watched on
            await site.clock.sleep(1.0)
        watching.cancel()
        assert made.looks > 20
        for cable in (made.root, made.left, made.right):
            assert not cable.violations, cable.violations[:5]


def near(amps: float, wanted: float) -> bool:
    return abs(amps - wanted) <= 1


def carried(stations: list[StationV16]) -> list[float]:
    """A on each phase of the root."""
    return [sum(station.site_draw()[phase] for station in stations) for phase in range(3)]


async def test_each_level_is_respected_and_used_on_each_phase(tree: Tree) -> None:
    left, right = tree.left, tree.right
    # on the root's second wire: four of the left child, two of the right one, which calls it L1, one of the root
    of_left = [await tree.add("A1", left), await tree.add("A2", left)]
    of_left += [await tree.add("A3", left, "L2"), await tree.add("A4", left, "L2")]
    of_root = [await tree.add("B1", right), await tree.add("B2", right, "L1"), await tree.add("R1", tree.root, "L2")]
    # on its third one, which the right child calls L2
    of_right = [await tree.add("B3", right, "L2"), await tree.add("B4", right, "L2")]
    await tree.charge(*of_root, *of_right, *of_left)

    share = CHILD_A / 4
    rest = (ROOT_A - CHILD_A) / 3
    await tree.settles(lambda: offer_each(of_left, share) and offer_each(of_root, rest))
    await tree.settles(lambda: offer_each(of_right, (CHILD_A - rest) / 2))
    await tree.settles(lambda: carried(tree.root.stations)[1] > ROOT_A - 1)
    assert near(carried(left.stations)[1], CHILD_A)
    assert near(carried(right.stations)[2], CHILD_A)


def offer_each(stations: list[StationV16], amps: float) -> bool:
    return all(near(station.offered(1), amps) for station in stations)


async def test_priorities_limits_and_members_change_while_cars_charge(tree: Tree) -> None:
    left = tree.left
    first, second = await tree.add("A1", left), await tree.add("A2", left)
    third = await tree.add("A3", left, rating=16)
    await tree.weigh(first, 2, left)
    await tree.charge(first, second)
    await tree.settles(lambda: near(first.offered(1), 2 * CHILD_A / 3) and near(second.offered(1), CHILD_A / 3))
    await tree.weigh(first, 1, left)
    await tree.weigh(second, 2, left)
    await tree.settles(lambda: near(second.offered(1), 2 * CHILD_A / 3) and near(first.offered(1), CHILD_A / 3))

    await tree.limit(left, maxCurrent=18)
    await tree.settles(lambda: near(second.offered(1), 12) and near(first.offered(1), 6))
    await tree.limit(left, maxCurrent=CHILD_A)
    await tree.settles(lambda: near(second.offered(1) + first.offered(1), CHILD_A))

    # what is taken off the circuit charges as it likes, and the others get its share
    path = f"/actions/circuit/v2.0/{left.row['id']}/detach-charge-point/{tree.points['A2']['id']}"
    assert (await tree.site.api.post(path)).status == 202
    left.stations.remove(second)
    tree.root.stations.remove(second)
    await tree.settles(lambda: second.offered(1) == 32 and first.offered(1) == CHILD_A)
    await tree.charge(third)
    await tree.settles(lambda: near(third.offered(1), 16) and near(first.offered(1), 16))


async def test_a_station_that_does_not_obey_is_found_out(tree: Tree) -> None:
    right = tree.right
    deaf, keen = await tree.add("B1", right, rating=20), await tree.add("B2", right)
    await tree.charge(deaf, keen)
    await tree.settles(lambda: near(deaf.offered(1), 16) and near(keen.offered(1), 16))

    right.excused = True  # until its meter has told long enough, nobody can know
    deaf.ignore_profiles()
    assert await happens(tree.site.clock, lambda: near(keen.offered(1), CHILD_A - 20), 120), keen.offered(1)
    await tree.settles(lambda: max(carried(right.stations)) <= CHILD_A)
    right.excused = False
    assert deaf.draw(1)[0] == 20

    # its rating stays reserved when it stops
    deaf.stop_local(1)
    assert not await happens(tree.site.clock, lambda: keen.offered(1) > CHILD_A - 20, SOON_S / 2)


async def test_a_start_is_refused_where_another_would_fall_below_the_minimum(tree: Tree) -> None:
    left, api = tree.left, tree.site.api
    first, second = await tree.add("A1", left), await tree.add("A2", left)
    await tree.limit(left, minChargePointCurrent=20)
    await tree.charge(first)
    await tree.settles(lambda: first.offered(1) == CHILD_A)
    second.plug(1, Vehicle(3, 32, soc=10))
    start = f"/actions/evse/v1.0/{tree.points['A2']['evses'][0]['id']}/start"
    refused = await api.post(start, {})
    assert (refused.status, refused.body["success"], refused.body["sessionId"]) == (202, False, None)
    assert "circuit" in refused.body["message"]

    await tree.limit(left, minChargePointCurrent=12)
    assert (await api.post(start, {})).body["success"]
    await tree.settles(lambda: near(first.offered(1), 16) and near(second.offered(1), 16))


async def test_a_start_is_judged_by_what_was_written_a_moment_ago(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load management hears of nothing here: not that the minimum changed, not that a charge point joined."""
    left, management = tree.left, tree.site.system.load_management
    first, second = await tree.add("A1", left), await tree.add("A2", left)
    late = await tree.site.charge_point("LATE")
    station = await tree.site.station("LATE")
    await tree.charge(first)
    await tree.settles(lambda: first.offered(1) == CHILD_A)

    async def starts(point: dict[str, Any]) -> bool:
        answer = await tree.site.api.post(f"/actions/evse/v1.0/{point['evses'][0]['id']}/start", {})
        assert answer.status == 202, answer.body
        return answer.body["success"]

    async def hear_nothing() -> None:
        management._rearrange.clear()

    monkeypatch.setattr(management, "_arrange", hear_nothing)
    await tree.limit(left, minChargePointCurrent=20)
    second.plug(1, Vehicle(3, 32, soc=10))
    assert not await starts(tree.points["A2"])
    station.plug(1, Vehicle(3, 32, soc=10))
    await tree.site.attach(left.row, late)
    assert not await starts(late)
    await tree.limit(left, minChargePointCurrent=None)
    assert await starts(late)
    assert await happens(tree.site.clock, lambda: near(station.offered(1), CHILD_A / 2), SOON_S), station.offered(1)
    assert near(first.offered(1), CHILD_A / 2)


async def test_a_user_whom_a_partner_invited_weighs_as_the_circuit_says(tree: Tree) -> None:
    left, given = tree.left, tree.site.given
    partner, other = await given.partner(), await given.partner()
    guest, stranger = await given.user(), await given.user()
    await given.id_tag(idTagUid="GUEST", userId=int(guest["id"]))
    await given.id_tag(idTagUid="STRANGER", userId=int(stranger["id"]))
    await invited(given, partner["id"], int(guest["id"]))
    await invited(given, other["id"], int(stranger["id"]))
    weigh = {"type": "partner", "targetId": partner["id"], "priority": 2}
    await given.made(f"/resources/circuits/v2.0/{left.row['id']}/user-priorities", weigh)
    first, second = await tree.add("A1", left), await tree.add("A2", left)
    for station, card in ((first, "GUEST"), (second, "STRANGER")):
        station.plug(1, Vehicle(3, 32, soc=10))
        assert await station.present_tag(1, card)
    await tree.settles(lambda: near(first.offered(1), 2 * CHILD_A / 3) and near(second.offered(1), CHILD_A / 3))
