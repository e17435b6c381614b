"""The table: each algorithm over the same days. Runs in the environment that `scripts/bench acn` makes."""

import argparse
import math
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from acnportal.acnsim import Simulator
from acnportal.algorithms import (
    BaseAlgorithm,
    RoundRobin,
    SortedSchedulingAlgo,
    UncontrolledCharging,
    earliest_deadline_first,
    first_come_first_served,
    least_laxity_first,
)

from parts.acn.day import STEPS, Car, Site, cars, network, play
from parts.acn.optimum import best_kwh
from parts.acn.ours import Ours

SITES = (Site(75.0, 35.0), Site(45.0, 20.0))
ALGORITHMS: dict[str, Callable[[Site], BaseAlgorithm]] = {
    "Uncontrolled": lambda site: UncontrolledCharging(),
    "FCFS": lambda site: SortedSchedulingAlgo(first_come_first_served),
    "EDF (knows departures)": lambda site: SortedSchedulingAlgo(earliest_deadline_first),
    "LLF (knows departures)": lambda site: SortedSchedulingAlgo(least_laxity_first),
    "RoundRobin (no minimum)": lambda site: RoundRobin(first_come_first_served),
    "ours, who comes first stays": lambda site: Ours(site, math.inf),
    "ours, turns of 15 minutes": lambda site: Ours(site, 900.0),
    "ours, turns, not rounded": lambda site: Ours(site, 900.0, resolution=0.0),
    "ours, knows departures": lambda site: Ours(site, 900.0, deadlines=True),
}


@dataclass(frozen=True)
class Outcome:
    """Of one day: the energy as a share of the optimum, Jain's index and the least of what each car got of what it
    asked for, ms of CPU for a step, and the current of the worst cable as a share of its limit."""

    energy: float
    jain: float
    least: float
    step_ms: float
    peak: float


def outcome(site: Site, visits: list[Car], algorithm: BaseAlgorithm) -> Outcome:
    best, start = best_kwh(site, visits), time.process_time()
    played = play(site, visits, algorithm)
    took = time.process_time() - start
    got = [played.ev_history[str(number)].energy_delivered for number in range(len(visits))]
    shares = [kwh / car.kwh for kwh, car in zip(got, visits, strict=True)]
    jain = sum(shares) ** 2 / len(shares) / sum(share**2 for share in shares)
    return Outcome(sum(got) / best, jain, min(shares), 1000 * took / STEPS, _peak(site, played))


def _peak(site: Site, played: Simulator) -> float:
    cables = network(site)
    flows = abs(cables.constraint_current(played.charging_rates))
    return float((flows.max(axis=1) / cables.magnitudes).max())


def main(seeds: int, names: list[str]) -> None:
    warnings.simplefilter("ignore")  # of what is uncontrolled
    for site in SITES:
        days = [cars(seed) for seed in range(1, seeds + 1)]
        asked = sum(best_kwh(site, day) for day in days) / sum(car.kwh for day in days for car in day)
        print(f"\nmain {site.main:g} A, boards {site.board:g} A a line; {seeds} days, {sum(map(len, days))} cars; "
              f"the optimum is {asked:.3f} of what they ask for")  # fmt: skip
        print(
            f"{'':<28} {'energy':>7} {'(least)':>8} {'Jain':>6} {'(least)':>8} {'share':>6} {'ms/step':>8} {'peak':>6}"
        )
        for name in names:
            found = [outcome(site, day, ALGORITHMS[name](site)) for day in days]
            print(f"{name:<28} {_mean(found, 'energy'):>7.4f} {min(one.energy for one in found):>8.4f} "
                  f"{_mean(found, 'jain'):>6.3f} {min(one.jain for one in found):>8.3f} "
                  f"{min(one.least for one in found):>6.2f} {_mean(found, 'step_ms'):>7.1f} "
                  f"{max(one.peak for one in found):>6.2f}", flush=True)  # fmt: skip


def _mean(found: list[Outcome], name: str) -> float:
    return statistics.fmean(getattr(one, name) for one in found)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--seeds", type=int, default=3, help="so many days")
    options.add_argument("--only", action="append", choices=ALGORITHMS, help="one of the algorithms; all without it")
    given = options.parse_args()
    main(given.seeds, given.only or list(ALGORITHMS))
