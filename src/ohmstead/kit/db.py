"""What the grammar asks of a database: tables, prepared statements and a transaction. The store answers it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Identity, MetaData, Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.selectable import CTE

from ohmstead.kit.errors import Invalid
from ohmstead.kit.views import camel

Row = Mapping[str, Any]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_DIALECT = dialect()


def moment(name: str, **options: Any) -> Column[datetime]:
    """A column that holds a moment, aware."""
    return Column(name, DateTime(timezone=True), **options)


def table(name: str, *columns: Any) -> Table:
    """A table of the product: an id, its columns, and when a row came and last changed."""
    return Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        *columns,
        moment("created_at", nullable=False),
        moment("updated_at", nullable=False, index=True),
    )


def rows_told(**columns: Any) -> CTE:
    """Rows that come with a statement, as the table `told`: of each column its type. See `columns_of`."""
    arrays = (bindparam(name, type_=ARRAY(kind)) for name, kind in columns.items())
    listed = func.unnest(*arrays).table_valued(*(column(name, kind) for name, kind in columns.items()))
    return select(listed.render_derived(name="listed")).cte("told")


def columns_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """What a statement over `rows_told` is given: rows, which all have the same names, by column."""
    rows = list(rows)
    return {name: [row[name] for row in rows] for name in rows[0]}


class Statement:
    """A SQL text with the order of its named values, compiled once, when it is first needed: a start needs few."""

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause

    @cached_property
    def text(self) -> str:
        """What is sent to the database."""
        return str(self._compiled)

    @cached_property
    def _compiled(self) -> Any:
        return self._clause.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})

    @cached_property
    def _values(self) -> tuple[Sequence[str], Mapping[str, Any]]:
        return self._compiled.positiontup or (), self._compiled.params or {}

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The positional values: those given by name, else those the clause was written with."""
        names, fixed = self._values
        return [values[name] if name in values else fixed[name] for name in names]

    def unfit(self, position: int) -> Invalid:
        """What is said of the value at a position, from 1, that no column holds: named as it was given."""
        name = self._values[0][position - 1].removeprefix("v_")
        field = name.replace("filter_", "filter.") if name.startswith("filter_") else camel(name)
        return Invalid.of({field: [f"The selected {field} is invalid."]})


Sql = Statement | ClauseElement


class Away(Exception):
    """The database cannot be reached, or was lost in the middle: nothing is known to have been written."""


class Duplicate(Exception):
    """A unique constraint said no."""

    def __init__(self, constraint: str) -> None:
        self.constraint = constraint
        super().__init__(constraint)


class StillUsed(Exception):
    """A foreign key said no."""

    def __init__(self, constraint: str) -> None:
        self.constraint = constraint
        super().__init__(constraint)


class Tx(Protocol):
    """One transaction (or, for reading, one connection). Nobody commits by hand."""

    @property
    def now(self) -> datetime:
        """The moment the transaction counts as."""
        ...

    async def all(self, sql: Sql, /, **values: Any) -> list[Any]:
        """All rows."""
        ...

    async def one(self, sql: Sql, /, **values: Any) -> Any | None:
        """The first row or None."""
        ...

    async def value(self, sql: Sql, /, **values: Any) -> Any:
        """The first column of the first row or None."""
        ...

    async def run(self, sql: Sql, /, **values: Any) -> int:
        """Execute; the number of rows touched."""
        ...

    async def copy(self, table_name: str, columns: Sequence[str], records: Sequence[tuple[Any, ...]]) -> None:
        """Append many rows by COPY."""
        ...

    def fact(self, topic: str, **payload: Any) -> None:
        """Say that something happened; it reaches the outbox in this very transaction."""
        ...

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call `act` once the transaction is durable; never if it is rolled back."""
        ...


class Database(Protocol):
    """Opens transactions."""

    def begin(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction: committed where the block ends well, rolled back where it raises."""
        ...

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """A connection for reading: every statement sees the database as it then is."""
        ...
