"""Stored loads: what flowed through the lines of circuits, as it was last known: for the API, and who steers next."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.engines.dlm.tree import Amps
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.power.circuits.table import circuit, circuit_load
from ohmstead.rooms.power.management.figures import LineLoad

_own = circuit_load.c


def _store() -> Statement:
    given = list(circuit_load.c)
    arrays = [bindparam(column.name, type_=ARRAY(column.type)) for column in given]
    rows = func.unnest(*arrays).table_valued(*(column.name for column in given)).render_derived()
    told = select(*(rows.c[column.name] for column in given))
    told = told.join_from(rows, circuit, circuit.c.id == rows.c.circuit_id)  # whatever was deleted has no load
    told = told.with_for_update(read=True, key_share=True, of=circuit)  # and nothing is deleted meanwhile
    own = insert(circuit_load).from_select([column.name for column in given], told)
    newer = {column.name: own.excluded[column.name] for column in given if not column.primary_key}
    return Statement(own.on_conflict_do_update(index_elements=["circuit_id", "line"], set_=newer))


_STORE = _store()
_LAST = Statement(
    select(_own.circuit_id, _own.line, _own.unmanaged).where(
        _own.circuit_id == any_(bindparam("circuits", type_=ARRAY(BigInteger))), _own.unmanaged_is_measured
    )
)


async def store_loads(tx: Tx, rows: Sequence[LineLoad]) -> int:
    """Write down what flows now. How many lines of circuits that are still there."""
    columns = [list(column) for column in zip(*(_stored(row) for row in rows), strict=True)]
    return await tx.run(_STORE, **dict(zip(_own.keys(), columns, strict=True)))


async def last_loads(tx: Tx, circuits: Collection[int]) -> dict[int, Amps]:
    """What flowed besides the EVSEs, A on the own lines of each circuit, where a meter said so when it was written."""
    found: dict[int, list[float]] = {}
    for row in await tx.all(_LAST, circuits=list(circuits)):
        found.setdefault(row["circuit_id"], [0.0, 0.0, 0.0])[row["line"] - 1] = row["unmanaged"]
    return {id: (amps[0], amps[1], amps[2]) for id, amps in found.items()}


def _stored(row: LineLoad) -> tuple[float | bool | datetime | None, ...]:
    """In the order of the table's columns."""
    managed, unmanaged = _moment(row.managed_at), _moment(row.unmanaged_at)
    return (
        row.circuit_id, row.line, row.managed, managed, row.managed_is_measured,
        row.unmanaged, unmanaged, row.unmanaged_is_measured,
    )  # fmt: skip


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
