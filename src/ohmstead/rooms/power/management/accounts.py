"""Accounts: what the lines of a circuit tree carry, from what is observed at its EVSEs and its meters."""

from collections.abc import Iterable, Mapping

from ohmstead.engines.dlm.overload import Measured, measured
from ohmstead.engines.dlm.tree import Amps, Id, Tree
from ohmstead.rooms.power.management.figures import Flow, LineLoad
from ohmstead.rooms.power.management.observed import MeteredLoads, Watch
from ohmstead.rooms.power.management.snapshot import Outlet


def carried(
    tree: Tree, outlets: Mapping[int, Outlet], watches: Mapping[int, Watch], metered: MeteredLoads, now: float
) -> dict[Id, Measured]:
    """What each circuit carries by its meter and the least that its EVSEs drew."""
    draws = [(outlets[id].circuit_id, watch.draw.least_measured(now)) for id, watch in watches.items()]
    return measured(tree, now, metered.speaking(now), draws)


def line_loads(tree: Tree, flows: Mapping[Id, Iterable[Flow]], metered: MeteredLoads, now: float) -> Iterable[LineLoad]:
    """Every line of every circuit, from the flows of the EVSEs that each circuit feeds. A sum is as old as its oldest
    part; where nothing flows that is known now."""
    for id in tree.ids:
        below = list(flows[id])
        managed, besides = tree.own(id, total(flow.amps for flow in below)), metered.flow(id, now, tree.limits[id])
        at = min((flow.at for flow in below if flow.at is not None), default=now)
        unmanaged = tree.own(id, besides.amps)
        for line in range(3):
            yield LineLoad(
                int(id), line + 1, managed[line], at, all(flow.is_measured for flow in below),
                unmanaged[line], besides.at, besides.is_measured,
            )  # fmt: skip


def total(draws: Iterable[Amps]) -> Amps:
    """A per line in all."""
    known = list(draws)
    return sum(draw[0] for draw in known), sum(draw[1] for draw in known), sum(draw[2] for draw in known)
