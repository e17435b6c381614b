"""Lines that cars leave unused: they count for others where an operator wants that, and for the car as soon as it uses
them; the largest of such is kept free, unless its station is held to one phase."""

from dataclasses import replace

import pytest

from ohmstead.engines.dlm.seen_phases import SeenPhases
from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.rooms.devices.profiles.abilities import Abilities
from ohmstead.rooms.power.management.line_use import Unused, kept_free
from ohmstead.rooms.power.management.profiles import setpoint
from tests.client import Client
from tests.given import Given
from tests.rooms.odd_sites import OddSite, Station

PATH = "/internal/circuits/v1.0/{}/phase-policy"


def test_a_line_is_unused_after_two_minutes_beside_one_that_charges() -> None:
    seen = SeenPhases(3)
    assert seen.used == (True, True, True)
    for at in range(0, 120, 10):
        assert not seen.observe(at, (10.0, 0.2, 0.0))
    assert seen.observe(120, (10.0, 0.2, 0.0))
    assert seen.used == (True, False, False)
    assert seen.observe(130, (10.0, 0.6, 0.0)), "it counts again in the same second"
    assert seen.used == (True, True, False)
    assert not seen.observe(140, (10.0, 0.0, 0.0)), "and for two minutes more"


def test_a_car_that_does_not_charge_says_nothing_of_its_lines() -> None:
    seen = SeenPhases(3)
    for at in range(0, 600, 10):
        assert not seen.observe(at, (1.0, 0.0, 0.0))
    assert seen.used == (True, True, True)


def test_on_each_line_the_largest_is_kept_free() -> None:
    tree = Tree([Circuit("main", None, 60.0), Circuit("board", "main", 40.0, rotation="RST")])
    found = [Unused("board", (0, 1, 1), 16.0), Unused("main", (0, 0, 1), 20.0), Unused("main", (0, 1, 0), 50.0)]
    assert kept_free(tree, tree.limits, found) == {"main": (60.0, 10.0, 40.0), "board": (40.0, 24.0, 24.0)}
    assert kept_free(tree, {"main": (5.0, 5.0, 5.0), "board": (9.0, 9.0, 9.0)}, found)["main"] == (5.0, 0.0, 0.0)


class ThreePhases(OddSite):
    """Outlets with three phases, whose cars use L1 alone unless they `spread`."""

    def __init__(self, limit: float, cars: int, policy: str, **abilities: bool) -> None:
        self.spread: set[int] = set()
        self.switches = Abilities(**abilities)
        super().__init__(limit, [Station() for _ in range(cars)], phase_policy=policy)
        outlets = {
            id: replace(one, wiring=self.tree.wiring(1, "three_phase", "RST"), abilities=self.switches)
            for id, one in self.site.snapshot.outlets.items()
        }
        self.site.refresh(replace(self.site.snapshot, outlets=outlets))

    def currents(self, id: int) -> dict[str, float]:
        amps = self.stations[id].draws(self.now)
        rest = amps if id in self.spread else 0.0
        return {"L1": amps, "L2": rest, "L3": rest}

    def mask(self, id: int) -> tuple[int, int, int]:
        return self.site.mask_of(self.site.outlets[id])


def later(site: ThreePhases, seconds: int) -> ThreePhases:
    site.run(seconds)
    return site


def test_wired_counts_on_every_line_and_measured_on_those_in_use() -> None:
    assert later(ThreePhases(40.0, 2, "wired"), 300).mask(1) == (1, 1, 1)
    site = later(ThreePhases(40.0, 2, "measured"), 300)
    assert (site.mask(1), site.mask(2)) == ((1, 0, 0), (1, 0, 0))
    may = [site.site.envelope.may_draw(id, site.now) for id in (1, 2)]
    left = site.site.capacities.left(site.now)[1]
    assert ("unused_lines", may[0] + 4.0) in [(one.source, one.amps) for one in site.site.needs[1].bounds]
    assert left[1] == left[2] == pytest.approx(40.0 - min(32.0, max(may) + 4.0))
    site.spread.add(1)
    site.run(15)
    assert site.mask(1) == (1, 1, 1)
    assert sum(site.site.envelope.may_draw(id, site.now) for id in (1, 2)) <= 40.0, "both may use every line"
    site.run(60)
    assert site.site.envelope.overcommitted(site.now) == [], "and the second is kept room for again"


def test_one_that_is_held_to_one_phase_needs_nothing_kept_free() -> None:
    site = ThreePhases(40.0, 1, "measured", switches_phases=True)
    site.run(150)
    outlet = site.site.outlets[1]
    assert site.site.phases_of(outlet) == 1
    site.run(30)
    assert outlet.charge is not None
    profile = setpoint(outlet, outlet.charge, site.stations[1].sent[-1], site.site.phases_of(outlet))
    assert {period.phases for period in profile.periods} == {1}
    site.site.limited(1, site.now, 1)
    assert site.site.capacities.left(site.now)[1] == (40.0, 40.0, 40.0)
    site.spread.add(1)
    site.run(15)
    assert (site.mask(1), site.site.phases_of(outlet), site.site.one_phase) == ((1, 1, 1), None, set())


async def test_an_operator_says_which_lines_count(api: Client, given: Given) -> None:
    circuit = (await given.circuit())["id"]
    assert (await api.get(PATH.format(circuit))).data == {"policy": "wired"}
    assert (await api.put(PATH.format(circuit), {"policy": "measured"})).status == 200
    assert (await api.get(PATH.format(circuit))).data == {"policy": "measured"}
    assert (await api.put(PATH.format(circuit), {"policy": "guessed"})).status == 422
    assert (await api.put(PATH.format(9999), {"policy": "wired"})).status == 404
