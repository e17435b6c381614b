"""Stored loads: what flowed through the lines of circuits, as it was last known: for the API, and who steers next. And
minute by minute, for a chart."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import ARRAY, BigInteger, Table, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from ohmstead.engines.dlm.tree import Amps
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.power.circuits.table import circuit, circuit_current, circuit_load
from ohmstead.rooms.power.management.figures import LineLoad

_own = circuit_load.c
MINUTE_S = 60.0


def _told(table: Table) -> Insert:
    """Rows that come by column, of circuits that are still there."""
    given = list(table.c)
    arrays = [bindparam(column.name, type_=ARRAY(column.type)) for column in given]
    rows = func.unnest(*arrays).table_valued(*(column.name for column in given)).render_derived()
    told = select(*(rows.c[column.name] for column in given))
    told = told.join_from(rows, circuit, circuit.c.id == rows.c.circuit_id)  # whatever was deleted has no load
    told = told.with_for_update(read=True, key_share=True, of=circuit)  # and nothing is deleted meanwhile
    return insert(table).from_select([column.name for column in given], told)


def _store() -> Statement:
    own = _told(circuit_load)
    newer = {column.name: own.excluded[column.name] for column in circuit_load.c if not column.primary_key}
    return Statement(own.on_conflict_do_update(index_elements=["circuit_id", "line"], set_=newer))


_STORE = _store()
_KEEP = Statement(_told(circuit_current).on_conflict_do_nothing())
_LAST = Statement(
    select(_own.circuit_id, _own.line, _own.unmanaged).where(
        _own.circuit_id == any_(bindparam("circuits", type_=ARRAY(BigInteger))), _own.unmanaged_is_measured
    )
)


async def store_loads(tx: Tx, rows: Sequence[LineLoad]) -> int:
    """Write down what flows now. How many lines of circuits that are still there."""
    columns = [list(column) for column in zip(*(_stored(row) for row in rows), strict=True)]
    return await tx.run(_STORE, **dict(zip(_own.keys(), columns, strict=True)))


async def keep_currents(tx: Tx, rows: Sequence[LineLoad], limits: Mapping[int, float], now: float) -> int:
    """Write down what flows in this minute, unless that was done; `limits` are A on each line, by circuit. How many
    circuits it was."""
    at, lines = datetime.fromtimestamp(now // MINUTE_S * MINUTE_S, UTC), dict[int, dict[int, LineLoad]]()
    for row in rows:
        lines.setdefault(row.circuit_id, {})[row.line] = row
    told = [(id, at, limits[id], *_currents(each)) for id, each in lines.items()]
    columns = [list(column) for column in zip(*told, strict=True)]
    return await tx.run(_KEEP, **dict(zip(circuit_current.c.keys(), columns, strict=True)))


def _currents(lines: Mapping[int, LineLoad]) -> list[float | None]:
    managed = [lines[line].managed if lines[line].managed_is_measured else None for line in (1, 2, 3)]
    return managed + [lines[line].unmanaged if lines[line].unmanaged_is_measured else None for line in (1, 2, 3)]


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
