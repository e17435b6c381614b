"""What the grammar asks of a database: tables, prepared statements and a transaction. The store answers it."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, ClassVar, Protocol

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Identity, MetaData, Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.selectable import CTE

from ohmstead.kit.errors import ApiError, Conflict, Invalid
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


def timestamp(name: str, **options: Any) -> Column[datetime]:
    """A column that holds a moment, aware."""
    return Column(name, DateTime(timezone=True), **options)


def table(name: str, *columns: Any) -> Table:
    """A table of the product: an id, its columns, and when a row came and last changed."""
    return Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        *columns,
        timestamp("created_at", nullable=False),
        timestamp("updated_at", nullable=False, index=True),
    )


def unnested_rows(**columns: Any) -> CTE:
    """Rows that come with a statement, as the table `told`: of each column its type. See `as_columns`."""
    arrays = (bindparam(name, type_=ARRAY(kind)) for name, kind in columns.items())
    listed = func.unnest(*arrays).table_valued(*(column(name, kind) for name, kind in columns.items()))
    return select(listed.render_derived(name="listed")).cte("told")


def as_columns(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """What a statement over `unnested_rows` is given: rows, which all have the same names, by column."""
    rows = list(rows)
    return {name: [row[name] for row in rows] for name in rows[0]}


class Statement:
    """A SQL text with the order of its named values, compiled once, when it is first needed: a start needs few. What it
    was compiled of is let go then: there are thousands of them, and a compiled one is fifty times the text."""

    __slots__ = ("_clause", "_fixed", "_names", "_text")

    def __init__(self, clause: ClauseElement) -> None:
        self._clause: ClauseElement | None = clause
        self._text = ""
        self._names: tuple[str, ...] = ()
        self._fixed: Mapping[str, Any] = {}

    @property
    def text(self) -> str:
        """What is sent to the database."""
        if self._clause is not None:
            self._compile(self._clause)
        return self._text

    def _compile(self, clause: ClauseElement) -> None:
        compiled = clause.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self._text, self._names = str(compiled), tuple(getattr(compiled, "positiontup", None) or ())
        self._fixed = {name: value for name, value in (compiled.params or {}).items() if value is not None}
        self._clause = None

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The positional values: those given by name, else those the clause was written with."""
        if self._clause is not None:
            self._compile(self._clause)
        fixed = self._fixed
        return [values[name] if name in values else fixed.get(name) for name in self._names]

    def unfit(self, position: int) -> Invalid:
        """What is said of the value at a position, from 1, that no column holds: named as it was given."""
        name = self._names[position - 1].removeprefix("v_")
        field = name.replace("filter_", "filter.") if name.startswith("filter_") else camel(name)
        return Invalid.of({field: [f"The selected {field} is invalid."]})


class Statements:
    """A bounded cache of statements by their shape; the least recently used goes first. A listing has as many shapes as
    its filters have subsets."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._known: dict[Hashable, Statement] = {}

    def get(self, shape: Hashable, clause: Callable[[], ClauseElement]) -> Statement:
        """The statement of a shape, made of what `clause` gives where it is not known (any more)."""
        found = self._known.pop(shape, None) or Statement(clause())
        self._known[shape] = found
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]
        return found

    def __len__(self) -> int:
        return len(self._known)


Sql = Statement | ClauseElement


class DatabaseUnavailable(Exception):
    """The database cannot be reached, or was lost in the middle: nothing is known to have been written."""


class Violation(Exception):
    """A constraint of a table said no."""

    def __init__(self, constraint: str, table_name: str = "") -> None:
        self.constraint, self.table_name = constraint, table_name
        super().__init__(constraint)

    def answer(self) -> ApiError:
        """What is said of it to whoever asked, where nobody has a better word."""
        return Conflict()


class Duplicate(Violation):
    """A constraint of uniqueness or exclusion: there is such a row already."""

    def answer(self) -> ApiError:
        return Conflict("There is such a record already.")


class StillReferenced(Violation):
    """A foreign key: the row that shall go is named by others."""

    def answer(self) -> ApiError:
        return Conflict("The record is still in use.")


class UnknownReference(Violation):
    """A foreign key: the row that is named is not there."""

    def answer(self) -> ApiError:
        """Names the column, as `metadata` names foreign keys."""
        column_name = self.constraint.removeprefix(f"fk_{self.table_name}_")
        return Invalid.of({camel(column_name): [f"The selected {column_name.replace('_', ' ')} is invalid."]})


class Tellable(Protocol):
    """A fact (`facts.Fact`), as a transaction takes it: of its topic, and with its fields for a payload."""

    topic: ClassVar[str]


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

    def tell(self, fact: Tellable) -> None:
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
