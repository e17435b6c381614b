"""What happens on the site, all of it decided beforehand by a seed: cars, the building, and what goes wrong."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from ohmstead.simulator.site import Building, Load
from ohmstead.simulator.station import Currents
from parts.site.layout import OUTLETS, Outlet

CARS = {False: ((3, 16.0, 5), (3, 32.0, 2), (1, 16.0, 1)), True: ((1, 16.0, 3), (1, 32.0, 2))}
"""(phases, A a phase, how often) of those that come to an outlet with three phases, and with one."""
AT_ONCE = 0.45  # of the outlets have a car within the first minute
STAY_S, SHORTEST_S, GAP_S = 1800.0, 300.0, 1200.0
NEED_WH = (2_000.0, 14_000.0)
BUILDING = Load(base_a=(20.0, 18.0, 16.0), step_a=12.0, steps_per_hour=20.0, walk_a=0.3, at_most_a=40.0)
BUILDING_S, METER_S = 5.0, 10.0
WEEKS, WEEK_S = 2, 604_800.0  # that the meter has told of before

SCENES = ("none", "standard", "all")
Scene = Literal["none", "standard", "all"]
Kind = Literal["cut", "half-open cut", "site outage", "meter outage", "reboot", "kill"]


@dataclass(frozen=True)
class Visit:
    """A car at an outlet; times in s after the beginning. It wants `need_wh` and takes `max_a` on its first phases."""

    number: int
    outlet: int
    arrives_s: float
    leaves_s: float
    phases: int
    max_a: float
    need_wh: float
    reaction_s: float


@dataclass(frozen=True)
class Event:
    """Something goes wrong at `at_s` for `for_s` s; `outlet` where it concerns one."""

    at_s: float
    kind: Kind
    for_s: float = 0.0
    outlet: int = -1


@dataclass(frozen=True)
class Odds:
    """What becomes of commands: all are answered late, up to `late_s`; shares of the limits are rejected or lost, half
    of those lost after they were obeyed."""

    late_s: float = 0.0
    rejected: float = 0.0
    lost: float = 0.0


@dataclass(frozen=True)
class Scenario:
    """All that will happen in `seconds`. Outlets by number: `disobeys` accepts limits and does not obey them, `refuses`
    refuses each, `forgets` have no profiles after a reboot."""

    scene: Scene
    seed: int
    seconds: float
    visits: list[Visit]
    building: list[Currents]
    odds: Odds = Odds()
    events: tuple[Event, ...] = ()
    disobeys: int = -1
    refuses: int = -1
    forgets: frozenset[int] = frozenset()

    def building_at(self, at_s: float) -> Currents:
        """A on the main fuse's lines."""
        return self.building[min(int(max(0.0, at_s) / BUILDING_S), len(self.building) - 1)]


def scenario(scene: Scene, seed: int, seconds: float) -> Scenario:
    """The same for the same arguments; cars and building are the same in every scene."""
    cars = [visit for outlet in OUTLETS for visit in _visits(outlet, seed, seconds)]
    visits = [replace(visit, number=number) for number, visit in enumerate(cars)]
    plain = Scenario(scene, seed, seconds, visits, _building(seed, seconds))
    if scene == "none":
        return plain
    dice = random.Random(f"faults {seed}")
    odds, events = Odds(late_s=8.0, rejected=0.01, lost=0.01), [*_standard(dice, seconds)]
    if scene == "standard":
        return Scenario(scene, seed, seconds, visits, plain.building, odds, _in_order(events))
    busy = [v.outlet for v in visits if v.phases == 3 and v.arrives_s < 60 and v.leaves_s > 0.6 * seconds]
    disobeys, refuses = dice.sample([n for n in busy if OUTLETS[n].rating_a == 32], 2)
    reboots = dice.sample([n for n in range(len(OUTLETS)) if n not in (disobeys, refuses)], 3)
    moments = zip((0.25, 0.5, 0.7), reboots, strict=True)
    events += [Event(seconds * share, "reboot", outlet=outlet) for share, outlet in moments]
    events.append(Event(seconds * 0.55, "kill"))
    return Scenario(
        scene, seed, seconds, visits, plain.building, odds, _in_order(events), disobeys, refuses, frozenset(reboots)
    )


def late(odds: Odds, dice: random.Random) -> float:
    """How late a command is answered, in s: half a second as a rule, sometimes many."""
    return min(odds.late_s, dice.lognormvariate(math.log(0.5), 1.0)) if odds.late_s else 0.0


def _standard(dice: random.Random, seconds: float) -> Iterator[Event]:
    """Lines are cut (0.4 % of them a minute, for 1 to 25 minutes, a third of them unnoticed), the site's network and
    the meter fail for a while."""
    at_s = 0.0
    while (at_s := at_s + dice.expovariate(0.004 * len(OUTLETS) / 60)) < seconds:
        kind = dice.choice(("cut", "cut", "half-open cut"))
        yield Event(at_s, kind, dice.uniform(60, 1500), dice.randrange(len(OUTLETS)))
    yield Event(0.33 * seconds, "site outage", 0.1 * seconds)
    yield Event(0.75 * seconds, "meter outage", 0.12 * seconds)


def _in_order(events: list[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: event.at_s))


def history(scenario: Scenario) -> Iterator[tuple[float, Currents]]:
    """What the building took in the same hours of the weeks before, and an hour around them: s from now, and A."""
    building = Building(BUILDING, scenario.seed + 1000)
    for week in range(WEEKS, 0, -1):
        for at in range(-3600, int(scenario.seconds) + 3600, int(METER_S)):
            building.advance(METER_S)
            yield at - week * WEEK_S, building.draw


def _building(seed: int, seconds: float) -> list[Currents]:
    """A on each line, one entry for each 5 s."""
    building, found = Building(BUILDING, seed), []
    for _ in range(math.ceil(seconds / BUILDING_S) + 1):
        found.append(building.draw)
        building.advance(BUILDING_S)
    return found


def _visits(outlet: Outlet, seed: int, seconds: float) -> Iterator[Visit]:
    dice = random.Random(f"cars {seed} {outlet.identity}")
    at_s = dice.uniform(0, 60) if dice.random() < AT_ONCE else dice.expovariate(1 / GAP_S)
    while at_s < seconds - 60:
        kinds = CARS[outlet.single]
        phases, max_a, _ = dice.choices(kinds, [kind[2] for kind in kinds])[0]
        leaves_s = at_s + SHORTEST_S + dice.expovariate(1 / (STAY_S - SHORTEST_S))
        yield Visit(
            0, outlet.number, at_s, leaves_s, phases, max_a, dice.uniform(*NEED_WH),
            dice.uniform(0.5, 5.0),
        )  # fmt: skip
        at_s = leaves_s + 15 + dice.expovariate(1 / GAP_S)
