"""More rows by SQL: copies of one that is there, with all that hangs on it."""

import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Column, Index, Table, UniqueConstraint, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Row, Statement, Tx, metadata
from ohmstead.rooms.operator.iso4217 import NUMBERS

_numbers = itertools.count(1)
CHILDREN = 2  # that are copied, of each table
CURRENCIES = itertools.cycle(sorted(NUMBERS.keys() - {"CHF", "EUR", "USD"}))  # those are in use


async def multiply(tx: Tx, table: Table, row: Row, copies: int) -> None:
    """Copies of a row, each with copies of the rows that refer to it."""
    for _ in range(copies):
        assert await _copied(tx, table, row, {}, ()), f"{table.name}: a copy of {dict(row)} is no row beside it"


async def _copied(tx: Tx, table: Table, row: Row, changed: Mapping[str, Any], above: tuple[Table, ...]) -> bool:
    """Whether there is room for another; what may be there once, like an active session of an EVSE, stays alone."""
    values = {name: value for name, value in row.items() if name != "id"} | changed
    values |= {name: _another(values[name]) for name in _to_change(table, values, changed)}
    key = await tx.value(_insert(table), **values)
    if key is None:
        return False
    for below, column, query in _referring(table):
        if below not in above:  # else it is a circle of references
            for child in await tx.all(query, key=row["id"]):
                await _copied(tx, below, dict(child), {column: key}, (*above, table))
    return True


@cache
def _insert(table: Table) -> Statement:
    values = {one.name: bindparam(one.name, type_=one.type) for one in table.c if one.name != "id"}
    return Statement(insert(table).values(values).on_conflict_do_nothing().returning(*table.primary_key))


@cache
def _referring(table: Table) -> list[tuple[Table, str, Statement]]:
    """The tables whose rows refer to one of this, by which column, and the query of those of a `key`."""
    return [
        (other, column.name, Statement(select(other).where(column == bindparam("key")).limit(CHILDREN)))
        for other in metadata.tables.values()
        for column in other.c
        if other is not table and "id" in table.c and any(key.column is table.c.id for key in column.foreign_keys)
    ]


def _to_change(table: Table, values: Mapping[str, Any], changed: Mapping[str, Any]) -> Iterator[str]:
    """Of the columns of each unique constraint and index one that holds no reference, or none where one changed."""
    for columns in _unique(table):
        free = [one.name for one in columns if not one.foreign_keys and values.get(one.name) is not None]
        if free and not any(one.name in changed for one in columns):
            yield free[-1]


@cache
def _unique(table: Table) -> list[list[Column[Any]]]:
    sets = [list(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
    return (
        sets + [[one] for one in table.c if one.unique] + [_within(table, one) for one in table.indexes if one.unique]
    )


def _within(table: Table, index: Index) -> list[Column[Any]]:
    words = {word for one in index.expressions for word in re.findall(r"\w+", str(one))}
    return [column for column in table.c if column.name in words]


def _another(value: Any) -> Any:
    """A value that is as good, and none has. Texts differ at their beginning: some are compared by it alone."""
    number = next(_numbers)
    if value in NUMBERS:
        return next(CURRENCIES)
    if isinstance(value, datetime):
        return value + timedelta(seconds=number)
    if isinstance(value, date):
        return value + timedelta(days=number)
    if isinstance(value, int):
        return value + number
    if isinstance(value, bytes):
        return value + number.to_bytes(4, "big")
    return f"{number:05}{value[5:]}" if len(value) > 10 and value.isalnum() else f"{number}-{value}"
