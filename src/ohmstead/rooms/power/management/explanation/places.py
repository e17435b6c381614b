"""Where in a tree: the lines of circuits, by their own names and by the root's."""

from collections.abc import Iterator

from ohmstead.engines.dlm.tree import Conductor, Tree
from ohmstead.engines.dlm.wiring import Mask
from ohmstead.rooms.power.management.explanation.views import Told
from ohmstead.rooms.power.management.snapshot import Snapshot

NUMBERS = (1.0, 2.0, 3.0)


def lines(tree: Tree, circuit_id: int) -> Iterator[tuple[int, int]]:
    """Each line a circuit has: its own number and the root's, from 0."""
    for own, root in enumerate(tree.own(circuit_id, NUMBERS)):
        if root:
            yield own, int(root) - 1


def label(line: int) -> str:
    """Of a line from 0: L1, L2, L3."""
    return f"L{line + 1}"


def phases(tree: Tree, circuit_id: int, mask: Mask) -> list[str]:
    """The circuit's names of the lines in use."""
    return [label(own) for own, root in lines(tree, circuit_id) if mask[root]]


def place(snapshot: Snapshot, at: Conductor) -> Told:
    """A line of a circuit as it is shown."""
    circuit_id = int(at.circuit)
    own = next(own for own, root in lines(snapshot.tree, circuit_id) if root == at.line)
    name = snapshot.circuits[circuit_id]["name"]
    return {"circuitId": circuit_id, "name": name, "phase": label(own), "rootPhase": label(at.line)}


def spoken(where: Told) -> str:
    """L1 of Main (circuit 1)."""
    return f"{where['phase']} of {where['name']} (circuit {where['circuitId']})"
