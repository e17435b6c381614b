"""Figures of a run: how fair the sharing was, and how late limits were lowered."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from ohmstead.simulator.vehicle import VOLTAGE
from parts.site.layout import BY_NAME, MAIN, OUTLETS
from parts.site.optimum import lines_of
from parts.site.record import Record, Reported, Stay
from parts.site.scenario import Scenario, Visit

LONG_ENOUGH_S = 300.0  # a car must have wanted something for its share to say anything
RISE_A = 6.0  # of the building between two reports, from which a decrease may be necessary
NEAR_A = 1.0
DEAF, BACK_S = ("site outage", "kill"), 60.0  # s until the stations are back


def share(values: Sequence[float], part: float) -> float:
    """The value that this part of them stays below; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def fairness(visits: Sequence[Visit], stays: Iterable[Stay]) -> tuple[float, float]:
    """Jain's index, and the smallest share as a part of the mean: of the mean A per line that a car got while it
    wanted to charge, over its weight."""
    shares: list[float] = []
    for stay in stays:
        if stay.wanting_s >= LONG_ENOUGH_S:
            visit = visits[stay.visit]
            amps = stay.energy_wh * 3600 / stay.wanting_s / VOLTAGE / len(lines_of(visit))
            shares.append(amps / OUTLETS[visit.outlet].weight)
    total = sum(shares)
    if not total:
        return 0.0, 0.0
    return total**2 / (len(shares) * sum(one**2 for one in shares)), min(shares) * len(shares) / total


def lateness(scenario: Scenario, record: Record) -> list[float]:
    """s from each meter report that made a decrease necessary to what was asked for; reports that come while the site
    has no network, or the server starts anew, are passed over.

    It is necessary when the building has risen so far that the main fuse would carry too much if every car took what it
    is offered. It is followed when it would not any more."""
    found: list[float] = []
    away = [(event.at_s, event.at_s + event.for_s + BACK_S) for event in scenario.events if event.kind in DEAF]
    for before, now in pairwise(record.reports):
        if any(begin <= now.at_s <= end for begin, end in away):
            continue
        for line in range(3):
            if now.building[line] - before.building[line] >= RISE_A:
                found += _until_lowered(record, now, line)
    return found


def _until_lowered(record: Record, report: Reported, line: int) -> list[float]:
    """The time it took on this line; empty where there was room enough."""
    first = bisect_left(record.samples, report.at_s, key=lambda sample: sample.at_s)
    missing = [
        (sample.at_s, sample.offers[line] + sample.building[line] - BY_NAME[MAIN].limit_a)
        for sample in record.samples[first:]
    ]
    if not missing or missing[0][1] <= NEAR_A:
        return []
    return [next((at_s for at_s, amps in missing if amps <= NEAR_A), missing[-1][0]) - report.at_s]
