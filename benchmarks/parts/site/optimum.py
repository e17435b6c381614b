"""What could have been delivered: by somebody who knows everything beforehand (a linear program), and by the product's
allocation if it knew at each moment what is true then, without a margin, messages or faults."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import highspy
import numpy as np

from ohmstead.engines.dlm.allocate import Demand, allocate
from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.engines.dlm.wiring import Mask
from ohmstead.simulator.station import Currents
from ohmstead.simulator.vehicle import MIN_CURRENT, VOLTAGE
from parts.site.layout import BY_NAME, CABLES, CONDUCTORS, MAIN, OUTLETS, path
from parts.site.record import Stay
from parts.site.scenario import BUILDING_S, Scenario, Visit

STEP_S = 20.0


def lines_of(visit: Visit) -> tuple[int, ...]:
    """The main fuse's lines that the car uses."""
    return OUTLETS[visit.outlet].lines[: visit.phases]


def most(visit: Visit) -> float:
    """A on each of them that car and outlet can do."""
    return min(visit.max_a, OUTLETS[visit.outlet].rating_a)


def steps(scenario: Scenario) -> list[tuple[float, float]]:
    """(begin, end) of each step, in s."""
    count = int(np.ceil(scenario.seconds / STEP_S))
    return [(n * STEP_S, min((n + 1) * STEP_S, scenario.seconds)) for n in range(count)]


def building(scenario: Scenario, begin: float, end: float) -> Currents:
    """Its mean A within a step."""
    first, last = round(begin / BUILDING_S), max(round(begin / BUILDING_S) + 1, round(end / BUILDING_S))
    known = scenario.building[first:last]
    return (
        sum(a[0] for a in known) / len(known),
        sum(a[1] for a in known) / len(known),
        sum(a[2] for a in known) / len(known),
    )


@dataclass(frozen=True)
class Slot:
    """A variable of the program: A per line of a car in a step, of which it is there `there_s` s."""

    visit: Visit
    step: int
    there_s: float


def slots(scenario: Scenario) -> Iterator[Slot]:
    """Every car in every step that it is there for a part of."""
    for visit in scenario.visits:
        for number, (begin, end) in enumerate(steps(scenario)):
            there_s = min(end, visit.leaves_s) - max(begin, visit.arrives_s)
            if there_s > 0:
                yield Slot(visit, number, there_s)


def best_wh(scenario: Scenario) -> float:
    """The most energy in Wh that the limits, the outlets and the cars allow: fractional, without a minimum current."""
    every, rows = list(slots(scenario)), steps(scenario)
    entries: dict[int, list[tuple[int, float]]] = defaultdict(list)  # by row: (column, factor)
    upper: list[float] = []
    number_of: dict[tuple[int, str, int], int] = {}
    for step, (begin, end) in enumerate(rows):
        taken = building(scenario, begin, end)
        for cable, line in CONDUCTORS:
            number_of[step, cable, line] = len(upper)
            upper.append(BY_NAME[cable].limit_a - (taken[line] if cable == MAIN else 0.0))
    need = {visit.number: len(upper) + n for n, visit in enumerate(scenario.visits)}
    upper += [visit.need_wh for visit in scenario.visits]
    gains: list[float] = []
    for column, slot in enumerate(every):
        begin, end = rows[slot.step]
        gains.append(len(lines_of(slot.visit)) * VOLTAGE * (end - begin) / 3600)
        entries[need[slot.visit.number]].append((column, gains[-1]))
        for cable in path(OUTLETS[slot.visit.outlet].cable):
            for line in lines_of(slot.visit):
                entries[number_of[slot.step, cable, line]].append((column, 1.0))
    bounds = [most(slot.visit) * slot.there_s / (rows[slot.step][1] - rows[slot.step][0]) for slot in every]
    return _maximum(gains, bounds, upper, entries)


def _maximum(
    gains: list[float], bounds: list[float], upper: list[float], entries: dict[int, list[tuple[int, float]]]
) -> float:
    """Of gains * x, where 0 <= x <= bounds and each row's sum is at most its upper."""
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(gains), len(upper)
    program.col_cost_, program.col_lower_, program.col_upper_ = np.array(gains), np.zeros(len(gains)), np.array(bounds)
    program.row_lower_, program.row_upper_ = np.full(len(upper), -highspy.kHighsInf), np.array(upper)
    found = [entries[row] for row in range(len(upper))]
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.cumsum([0, *map(len, found)])
    program.a_matrix_.index_ = np.array([column for row in found for column, _ in row])
    program.a_matrix_.value_ = np.array([factor for row in found for _, factor in row])
    program.sense_ = highspy.ObjSense.kMaximize
    solver = highspy._Highs()  # type: ignore[attr-defined]  # `Highs` announces itself on every terminal
    solver.setOptionValue("output_flag", False)
    solver.passModel(program)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"no optimum: {solver.getModelStatus()}")
    return solver.getInfo().objective_function_value


def allocated(scenario: Scenario) -> list[Stay]:
    """What each car would get from the product's allocation alone."""
    tree = Tree([Circuit(cable.name, cable.parent, cable.limit_a, rotation=cable.rotation) for cable in CABLES])
    stays = {visit.number: Stay(visit.number) for visit in scenario.visits}
    by_step: dict[int, list[Slot]] = defaultdict(list)
    for slot in slots(scenario):
        by_step[slot.step].append(slot)
    running: set[int] = set()
    for number, (begin, end) in enumerate(steps(scenario)):
        wanting = [slot for slot in by_step[number] if stays[slot.visit.number].energy_wh < slot.visit.need_wh]
        limits = BY_NAME[MAIN].limit_a
        first, second, third = (limits - amps for amps in building(scenario, begin, end))
        demands = [_demand(slot.visit, slot.visit.number in running) for slot in wanting]
        amps = allocate(tree, demands, {MAIN: (first, second, third)}).amps
        running = {int(id) for id, value in amps.items() if value >= MIN_CURRENT}
        for slot in wanting:
            _charge(stays[slot.visit.number], slot, amps.get(slot.visit.number, 0.0))
    return list(stays.values())


def _demand(visit: Visit, running: bool) -> Demand:
    outlet = OUTLETS[visit.outlet]
    mask: Mask = (int(0 in outlet.lines), int(1 in outlet.lines), int(2 in outlet.lines))
    return Demand(visit.number, outlet.cable, mask, MIN_CURRENT, most(visit), outlet.weight, running, visit.arrives_s)


def _charge(stay: Stay, slot: Slot, amps: float) -> None:
    power = amps * VOLTAGE * len(lines_of(slot.visit)) if amps >= MIN_CURRENT else 0.0
    stay.energy_wh = min(slot.visit.need_wh, stay.energy_wh + power * slot.there_s / 3600)
    stay.wanting_s += slot.there_s
