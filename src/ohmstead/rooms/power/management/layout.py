"""The layout: which circuits and charge points make up which tree, as far as it was read; a change is read alone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import ARRAY, BigInteger, Select, any_, bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.power.circuits.table import circuit, circuit_charge_point


def _makeup(roots: Select[tuple[int]]) -> Statement:
    """(root, circuit, charge point or NULL) of all that hangs on these roots or below. Circuits that go round in a
    circle hang on nothing."""
    trees = select(circuit.c.id, circuit.c.id.label("root")).where(circuit.c.id.in_(roots)).cte("trees", recursive=True)
    below, on = circuit.alias("below"), circuit_charge_point.c
    trees = trees.union(select(below.c.id, trees.c.root).where(below.c.parent_circuit_id == trees.c.id))
    found = trees.outerjoin(circuit_charge_point, on.circuit_id == trees.c.id)
    return Statement(select(trees.c.root, trees.c.id, on.charge_point_id).select_from(found))


def _roots() -> Select[tuple[int]]:
    """Those of the trees that some circuits are in."""
    some = bindparam("circuits", type_=ARRAY(BigInteger))
    up = select(circuit.c.id, circuit.c.parent_circuit_id).where(circuit.c.id == any_(some)).cte("up", recursive=True)
    above = circuit.alias("above")
    up = up.union(select(above.c.id, above.c.parent_circuit_id).where(above.c.id == up.c.parent_circuit_id))
    return select(up.c.id).where(up.c.parent_circuit_id.is_(None))


_ALL = _makeup(select(circuit.c.id).where(circuit.c.parent_circuit_id.is_(None)))
_SOME = _makeup(_roots())


@dataclass(slots=True)
class Tree:
    """What makes it up."""

    circuits: set[int] = field(default_factory=set[int])
    charge_points: set[int] = field(default_factory=set[int])


@dataclass(frozen=True, slots=True)
class News:
    """What reading found: roots that came or went, trees of which something is otherwise, charge points that left."""

    came_or_went: bool
    otherwise: set[int]
    left: set[int]


class Layout:
    """`read` brings it up to date."""

    def __init__(self) -> None:
        self.trees: dict[int, Tree] = {}  # by its root
        self.root_of: dict[int, int] = {}  # charge point -> root
        self._tree_of: dict[int, int] = {}  # circuit -> root

    async def read(self, tx: Tx, changed: Collection[int], every: bool = False) -> News:
        """Read the trees that these circuits are in, or were; or `every` one."""
        if every:
            return self._take(set(self.trees), await tx.all(_ALL), changed)
        were = {self._tree_of[id] for id in changed if id in self._tree_of}
        return self._take(were, await tx.all(_SOME, circuits=sorted(were.union(changed))), changed)

    def _take(self, were: set[int], rows: Iterable[Row], changed: Collection[int]) -> News:
        now: dict[int, Tree] = {}
        for row in rows:
            tree = now.setdefault(row["root"], Tree())
            tree.circuits.add(row["id"])
            if row["charge_point_id"] is not None:
                tree.charge_points.add(row["charge_point_id"])
        before = {root: self.trees.pop(root) for root in were | (now.keys() & self.trees.keys())}
        for root, tree in before.items():
            _forget(self._tree_of, tree.circuits, root)
            _forget(self.root_of, tree.charge_points, root)
        self.trees |= now
        for root, tree in now.items():
            self._tree_of |= dict.fromkeys(tree.circuits, root)
            self.root_of |= dict.fromkeys(tree.charge_points, root)
        named = {self._tree_of[id] for id in changed if id in self._tree_of}
        otherwise = {root for root, one in now.items() if root in named or one != before.get(root)}
        left = {id for tree in before.values() for id in tree.charge_points if id not in self.root_of}
        return News(before.keys() != now.keys(), otherwise, left)


def _forget(of: dict[int, int], ids: Iterable[int], root: int) -> None:
    """What is elsewhere by now stays there."""
    for id in ids:
        if of.get(id) == root:
            del of[id]
