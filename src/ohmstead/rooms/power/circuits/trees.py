"""Circuit trees as load management sees them: the rows of one tree turned into the engine's cables."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.engines.dlm.tree import Circuit as Cable
from ohmstead.engines.dlm.tree import Tree, TreeError
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.power.circuits.table import circuit

_start = bindparam("start", type_=BigInteger)
Version = tuple[tuple[int, datetime], ...]
"""The circuits of a tree and when each last changed: what is written of them, or hangs on them, makes another."""


def tree_around(start: Any) -> Any:
    """The ids of all circuits of the tree that `start` belongs to, an id or a query for one: up to the root, then all
    that hangs below it."""
    up = select(circuit.c.id, circuit.c.parent_circuit_id).where(circuit.c.id.in_(start)).cte("up", recursive=True)
    above = circuit.alias("above")
    up = up.union(select(above.c.id, above.c.parent_circuit_id).where(above.c.id == up.c.parent_circuit_id))
    roots = select(up.c.id).where(up.c.parent_circuit_id.is_(None))
    down = select(circuit.c.id).where(circuit.c.id.in_(roots)).cte("down", recursive=True)
    below = circuit.alias("below")
    down = down.union(select(below.c.id).where(below.c.parent_circuit_id == down.c.id))
    return select(down.c.id)


_FAMILY = Statement(select(circuit).where(circuit.c.id.in_(tree_around([_start]))).order_by(circuit.c.id))
ROOTS = Statement(select(circuit.c.id).where(circuit.c.parent_circuit_id.is_(None)))


def version(rows: Iterable[Row]) -> Version:
    """Of the tree that all these circuits are, in the order of their ids."""
    return tuple((row["id"], row["updated_at"]) for row in rows)


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


def standing(rows: Iterable[Row | dict[str, Any]]) -> tuple[Tree, dict[int, str]]:
    """The tree of as many of these rows as make one, and why each other one does not fit; it and all below it are left
    out. TreeError where not even the root stands."""
    rows = list(rows)
    try:
        return build(rows), {}
    except TreeError:
        return _without_strays(rows)


def _without_strays(rows: list[Row | dict[str, Any]]) -> tuple[Tree, dict[int, str]]:
    sound = [row for row in rows if row["parent_circuit_id"] is None]
    tree, strays = build(sound), dict[int, str]()
    waiting = [row for row in rows if row["parent_circuit_id"] is not None]
    while waiting:
        known = {row["id"] for row in sound} | strays.keys()
        ready = [row for row in waiting if row["parent_circuit_id"] in known] or waiting
        for row in ready:
            try:
                tree = build([*sound, row])
            except TreeError as error:
                strays[row["id"]] = error.why
            else:
                sound.append(row)
        waiting = [row for row in waiting if row not in ready]
    return tree, strays


def held_by(rows: Mapping[int, Row | dict[str, Any]], strays: Mapping[int, str], circuit_id: int) -> int:
    """The circuit itself, or the nearest above it that fits the tree."""
    while circuit_id in strays:
        circuit_id = rows[circuit_id]["parent_circuit_id"]
    return circuit_id
