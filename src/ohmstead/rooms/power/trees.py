"""Circuit trees as load management sees them: the rows of one tree turned into the engine's cables."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.engines.dlm.tree import Circuit as Cable
from ohmstead.engines.dlm.tree import Tree
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.power.circuits.table import circuit

_start = bindparam("start", type_=BigInteger)


def _family() -> Statement:
    """Every circuit of the tree that `start` belongs to: up to the root, then all that hangs below it."""
    up = select(circuit.c.id, circuit.c.parent_circuit_id).where(circuit.c.id == _start).cte("up", recursive=True)
    above = circuit.alias("above")
    up = up.union(select(above.c.id, above.c.parent_circuit_id).where(above.c.id == up.c.parent_circuit_id))
    roots = select(up.c.id).where(up.c.parent_circuit_id.is_(None))
    down = select(circuit.c.id).where(circuit.c.id.in_(roots)).cte("down", recursive=True)
    below = circuit.alias("below")
    down = down.union(select(below.c.id).where(below.c.parent_circuit_id == down.c.id))
    return Statement(select(circuit).where(circuit.c.id.in_(select(down.c.id))).order_by(circuit.c.id))


_FAMILY = _family()
ROOTS = Statement(select(circuit.c.id).where(circuit.c.parent_circuit_id.is_(None)))


async def family(tx: Tx, circuit_id: int) -> list[Row]:
    """The rows of all circuits in the tree of `circuit_id`."""
    return await tx.all(_FAMILY, start=circuit_id)


def cable(row: Row | dict[str, Any]) -> Cable:
    """One circuit as the engine knows it."""
    return Cable(
        id=row["id"],
        parent=row["parent_circuit_id"],
        limits=row["max_current"],
        phases=row["phases"],
        rotation=row["phase_rotation"],
        connected=row["connected_phase"],
        configuration=row["electrical_configuration"],
    )


def build(rows: Iterable[Row | dict[str, Any]]) -> Tree:
    """The tree of these rows; TreeError where they do not make one."""
    return Tree(cable(row) for row in rows)
