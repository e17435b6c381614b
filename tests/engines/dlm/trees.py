"""Makers of random circuit trees and demands for the load management tests (hypothesis strategies)."""

import random

from hypothesis import strategies as st

from ohmstead.engines.dlm.allocate import Demand
from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.engines.dlm.wiring import ROTATIONS, Mask

MASKS: list[Mask] = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)]
amps = st.integers(0, 900).map(lambda tenths: tenths / 10)


@st.composite
def trees(draw, size: int = 6, configuration: str = "star") -> Tree:
    """Three-phase circuits in any shape, with unequal limits per phase and every rotation."""
    circuits = [Circuit(0, None, draw(st.tuples(amps, amps, amps)), configuration=configuration)]
    for id in range(1, draw(st.integers(1, size))):
        parent, rotation = draw(st.integers(0, id - 1)), draw(st.sampled_from(sorted(ROTATIONS)))
        limits = draw(st.one_of(amps, st.tuples(amps, amps, amps)))
        circuits.append(Circuit(id, parent, limits, rotation=rotation, configuration=configuration))
    return Tree(circuits)


@st.composite
def demands(draw, tree: Tree, most: int = 14, weights=st.sampled_from([0.0, 0.5, 1.0, 1.0, 2.0, 3.7])) -> list[Demand]:
    """Up to `most` demands, some running, some that want nothing, minima of 0, 6, 8 or 10 A."""
    found = []
    for id in range(draw(st.integers(0, most))):
        low = draw(st.sampled_from([0.0, 6.0, 6.0, 8.0, 10.0]))
        found.append(
            Demand(
                id=id,
                circuit=draw(st.sampled_from(tree.ids)),
                mask=draw(st.sampled_from(MASKS)),
                min=low,
                max=low + draw(st.sampled_from([0.0, 2.3, 10.0, 26.0, 57.7])),
                weight=draw(weights),
                running=draw(st.booleans()),
                arrived=draw(st.integers(0, 3)),
            )
        )
    return found


def crowded_site(seed: int, evses: int = 40) -> tuple[Tree, list[Demand]]:
    """A main circuit with boards below it, too small for its cars in more than one place."""
    dice = random.Random(seed)
    circuits = [Circuit(0, None, (200.0, 170.0, 190.0))]
    circuits += [
        Circuit(id, dice.choice([0, 0, dice.randrange(id)]), dice.choice([40.0, 63.0, 80.0]), rotation="STR")
        for id in range(1, 9)
    ]
    wanted = [
        Demand(
            id=id,
            circuit=dice.randrange(len(circuits)),
            mask=dice.choice(MASKS),
            min=dice.choice([6.0, 8.0]),
            max=dice.choice([16.0, 20.0, 32.0]),
            weight=dice.choice([0.0, 0.5, 1.0, 2.0, dice.uniform(0.1, 9)]),
            running=dice.random() < 0.4,
            arrived=id,
        )
        for id in range(evses)
    ]
    return Tree(circuits), wanted
