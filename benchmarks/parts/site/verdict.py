"""Was a cable overloaded? Every second of the true currents is held against every line of every circuit.

What is above a limit is sorted by the exceptions that docs/load-management.md names; the rest has no excuse.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from parts.site.layout import BY_NAME, CONDUCTORS, MAIN, MARGIN_A, OUTLETS, path
from parts.site.record import Record, Sample
from parts.site.scenario import Scenario

HAIR_A = 0.05
REACTION_S = 63.0  # meter period 10, alignment window 30, tick 10, frame and car 13: what the margin is for
Excuse = Literal["building", "disobeying", "first contact", "none"]
EXCUSES: tuple[Excuse, ...] = ("building", "disobeying", "first contact", "none")
PATHS = {outlet.number: path(outlet.cable) for outlet in OUTLETS}


@dataclass(frozen=True, slots=True)
class Violation:
    """A line of a circuit that carried `amps` above its limit for `for_s` s."""

    at_s: float
    cable: str
    line: int
    amps: float
    for_s: float
    excuse: Excuse


@dataclass
class Verdict:
    """All violations of a run."""

    violations: list[Violation] = field(default_factory=list)

    def seconds(self, excuse: Excuse) -> float:
        """Phase-seconds above a limit."""
        return sum(one.for_s for one in self.violations if one.excuse == excuse)

    def worst(self, excuse: Excuse) -> Violation | None:
        """The highest above its limit."""
        return max((one for one in self.violations if one.excuse == excuse), key=lambda one: one.amps, default=None)


def judge(scenario: Scenario, record: Record) -> Verdict:
    """Look at every sample; it counts until the next one."""
    verdict = Verdict()
    for sample, following in pairwise(record.samples):
        loads = carried(sample)
        for (cable, line), amps in loads.items():
            over = amps - BY_NAME[cable].limit_a
            if over > HAIR_A:
                excuse = _excuse(scenario, sample, cable, line, over)
                verdict.violations.append(
                    Violation(sample.at_s, cable, line, over, following.at_s - sample.at_s, excuse)
                )
    return verdict


def carried(sample: Sample) -> dict[tuple[str, int], float]:
    """A on each line of each circuit, by the main fuse's lines."""
    loads = dict.fromkeys(CONDUCTORS, 0.0)
    for line in range(3):
        loads[MAIN, line] = sample.building[line]
    for number, draw in enumerate(sample.draws):
        for cable in PATHS[number]:
            for line in range(3):
                loads[cable, line] += draw[line]
    return loads


def _excuse(scenario: Scenario, sample: Sample, cable: str, line: int, over: float) -> Excuse:
    if cable == MAIN and _rise(scenario, sample.at_s, line) > MARGIN_A:
        return "building"
    odd = scenario.disobeys
    if odd >= 0 and cable in PATHS[odd] and sample.draws[odd][line] and over - sample.over <= HAIR_A:
        return "disobeying"
    if over - sum(sample.draws[one][line] for one in sample.fresh if cable in PATHS[one]) <= HAIR_A:
        return "first contact"
    return "none"


def _rise(scenario: Scenario, at_s: float, line: int) -> float:
    """By how much the building has risen within the time that the margin covers, in A."""
    return scenario.building_at(at_s)[line] - min(amps[line] for amps in _lately(scenario, at_s))


def _lately(scenario: Scenario, at_s: float) -> Iterator[tuple[float, float, float]]:
    for back in range(int(REACTION_S // 5) + 1):
        yield scenario.building_at(at_s - 5.0 * back)
