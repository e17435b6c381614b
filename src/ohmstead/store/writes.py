"""Writes of rows by the columns they name: compiled once for each set of them, for what is written all the time."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Table, bindparam, insert, update

from ohmstead.kit.db import Row, Statements, Tx


class Writes:
    """Of a table of the product (`kit.db.table`), whose times it sets."""

    def __init__(self, table: Table) -> None:
        self._table, self._known = table, Statements(64)

    async def insert(self, tx: Tx, values: Mapping[str, Any]) -> Row:
        """A new row, as it then is."""
        values = {"created_at": tx.now, "updated_at": tx.now, **values}
        row = await tx.one(self._known.get(("insert", *values), lambda: self._insert(values)), **_bound(values))
        assert row is not None, "it was inserted"
        return row

    async def update(self, tx: Tx, key: int, values: Mapping[str, Any]) -> Row | None:
        """Change the row of an id; as it then is, None where there is none."""
        values = {"updated_at": tx.now, **values}
        return await tx.one(
            self._known.get(("update", *values), lambda: self._update(values)), key=key, **_bound(values)
        )

    def _insert(self, names: Iterable[str]) -> Any:
        return insert(self._table).values(_parameters(names)).returning(self._table)

    def _update(self, names: Iterable[str]) -> Any:
        changed = update(self._table).where(self._table.c.id == bindparam("key", type_=BigInteger))
        return changed.values(_parameters(names)).returning(self._table)


def _parameters(names: Iterable[str]) -> dict[str, Any]:
    return {name: bindparam(f"v_{name}") for name in names}


def _bound(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"v_{name}": value for name, value in values.items()}
