"""The engine of load management alone: ms per allocation, and how many bare passes over the same site that is.

The bare pass adds one number per (EVSE, conductor) crossing in a plain loop: what any allocator in this language does
at least once. `plan` is a round of the envelope that starts every car.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable

from ohmstead.engines.dlm.allocate import Demand, allocate
from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse
from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.engines.dlm.wiring import ROTATIONS, Mask

SIZES = (10, 48, 100, 300, 1000)
MASKS: list[Mask] = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1)]


def site(evses: int, seed: int) -> tuple[Tree, list[Demand]]:
    """A random tree of about one circuit per eight EVSEs, sized so that some wait and most are limited."""
    dice = random.Random(seed)
    circuits = [Circuit(0, None, (7.0 * evses, 6.0 * evses, 8.0 * evses))]
    for id in range(1, max(2, evses // 8)):
        parent = dice.choice([0, dice.randrange(id)])
        circuits.append(Circuit(id, parent, dice.choice([32.0, 63.0, 80.0]), rotation=dice.choice(sorted(ROTATIONS))))
    demands = [
        Demand(
            id=id,
            circuit=dice.randrange(len(circuits)),
            mask=dice.choice(MASKS),
            min=6.0,
            max=dice.choice([16.0, 20.0, 32.0]),
            weight=dice.choice([1.0, dice.uniform(0.5, 5.0)]),
            running=dice.random() < 0.6,
            arrived=id,
        )
        for id in range(evses)
    ]
    return Tree(circuits), demands


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    """The median time of one call, in ms."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def bare_pass(crossings: list[tuple[int, ...]], conductors: int) -> list[float]:
    """One addition per crossing."""
    load = [0.0] * conductors
    for numbers in crossings:
        for number in numbers:
            load[number] += 6.0
    return load


def envelope_of(tree: Tree, demands: list[Demand]) -> Envelope:
    """An envelope in which every EVSE is online and holds 0 A."""
    envelope = Envelope(tree)
    for demand in demands:
        envelope.attached(Evse(demand.id, demand.circuit, demand.mask, rating=32.0))
        envelope.came_online(demand.id)
    for send in envelope.plan({demand.id: 0.0 for demand in demands}, 0.0):
        envelope.accepted(send.seq, 0.0)
    return envelope


def measure(evses: int) -> str:
    """One line of the table: medians over five random sites."""
    allocations, passes, plans = [], [], []
    for seed in range(5):
        tree, demands = site(evses, seed)
        crossings = [tree.crossings(demand.circuit, demand.mask) for demand in demands]
        repeats = max(5, 2000 // evses)
        allocations.append(milliseconds(lambda: allocate(tree, demands), repeats))  # noqa: B023
        passes.append(milliseconds(lambda: bare_pass(crossings, 3 * len(tree.ids)), repeats))  # noqa: B023
        targets, envelope = allocate(tree, demands).amps, envelope_of(tree, demands)
        plans.append(milliseconds(lambda: envelope.plan(targets, 60.0), 1))  # noqa: B023
    allocation, bare, plan = (statistics.median(each) for each in (allocations, passes, plans))
    return f"{evses:>6} {allocation:>12.2f} {bare:>12.3f} {allocation / bare:>8.1f} {plan:>9.2f}"


def measure_all() -> None:
    """Print the table."""
    gc.disable()  # a collection in the middle of one run would be counted against it
    print(f"{'EVSEs':>6} {'allocate ms':>12} {'bare pass ms':>12} {'ratio':>8} {'plan ms':>9}")
    for evses in SIZES:
        print(measure(evses))
