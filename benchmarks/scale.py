"""Scale: what load management costs by itself where 10,000 cars charge on 100 trees, without database and sockets.

Run it with `scripts/bench scale`. A sweep is an allocation and a round of the envelope for every tree. The fleet is the
real Site of each tree, with a meter value of every outlet each 15 s and of every circuit's meter each 10 s; what is
counted is CPU time within Site alone, after three minutes in which all have begun to charge. A site is looked at as its
loop does: at each tick and each report of its meter, after every answer of a station, and after a meter value of an
outlet where something follows from it.
"""

import argparse
import gc
import time

from parts.allocation import envelope_of, site
from parts.fleet import START, Plant

from ohmstead.engines.dlm.allocate import allocate


def sweep(trees: int, outlets: int, rounds: int) -> float:
    """s of CPU for an allocation and a round of the envelope in each tree, where nothing changes: the best of some."""
    made = [site(outlets, seed) for seed in range(trees)]
    envelopes = [envelope_of(tree, demands) for tree, demands in made]
    engaged = [[demand.id for demand in demands] for _, demands in made]
    best = float("inf")
    for number in range(rounds):
        start, now = time.thread_time(), 60.0 + 60 * number
        for (tree, demands), envelope, ids in zip(made, envelopes, engaged, strict=True):
            for send in envelope.plan(allocate(tree, demands, envelope.room(ids, now)).amps, now):
                envelope.accepted(send.seq, now)
        best = min(best, time.thread_time() - start)
    return best


def fleet(trees: int, outlets: int, warm_s: int, seconds: int) -> None:
    """Print the share of a core that each part of load management takes."""
    plants = [Plant(outlets, seed) for seed in range(trees)]
    for second in range(warm_s + seconds):
        if second == warm_s:
            for plant in plants:
                plant.spent.clear()
                plant.sends = 0
        for plant in plants:
            plant.second(START + 1 + second)
    spent: dict[str, float] = {}
    for plant in plants:
        for name, cpu in plant.spent.items():
            spent[name] = spent.get(name, 0.0) + cpu / seconds
    print(f"{trees * outlets} charging on {trees} trees: {sum(spent.values()):.3f} of a core; "
          + ", ".join(f"{name} {share:.3f}" for name, share in sorted(spent.items()))
          + f"; limits sent: {sum(plant.sends for plant in plants) / seconds:.1f} a second")  # fmt: skip


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--trees", type=int, default=100)
    options.add_argument("--outlets", type=int, default=100, help="of each tree")
    options.add_argument("--warm", type=int, default=180, help="s before anything is counted")
    options.add_argument("--seconds", type=int, default=640, help="that are counted: in so many each lease is renewed")
    given = options.parse_args()
    gc.disable()
    print(f"a sweep over {given.trees * given.outlets} EVSEs in {given.trees} trees: "
          f"{sweep(given.trees, given.outlets, 5):.3f} s of CPU")  # fmt: skip
    gc.enable()
    fleet(given.trees, given.outlets, given.warm, given.seconds)
