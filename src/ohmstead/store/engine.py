"""The engine: asyncpg behind the grammar's transactions; SQLAlchemy writes the SQL, asyncpg alone runs it."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NoReturn

import asyncpg
import msgspec
import structlog

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import (
    DatabaseUnavailable,
    Duplicate,
    Sql,
    Statement,
    StillReferenced,
    Tellable,
    UnknownReference,
)
from ohmstead.kit.errors import Invalid
from ohmstead.kit.facts import wanted, with_contents
from ohmstead.store.commit_notifier import CHANNEL, CommitNotifier
from ohmstead.store.telling import once

log = structlog.get_logger("ohmstead.store")
# The pool tells each attempt at a database that is away with its traceback; who needs the connection says it better.
logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)

LOST = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleSessionTimeoutError,
)
_DELETES = re.compile(r"\bDELETE FROM\b")
_ARGUMENT = re.compile(r"query argument \$(\d+)")
UNABLE = (
    asyncpg.InsufficientResourcesError,  # class 53: the disk is full, no memory, too many connections
    asyncpg.PostgresSystemError,  # class 58: files that cannot be read or written
    asyncpg.ReadOnlySQLTransactionError,  # a standby, where the primary was a moment ago
)
"""There is one, and the server cannot do its work now, whatever it is asked."""
AWAY = LOST + UNABLE
_TELL = """INSERT INTO outbox (topic, payload, at, due_at)
SELECT topic, payload, $1, $1 FROM unnest($2::text[], $3::jsonb[]) AS told(topic, payload)"""


class _Tx:
    """A transaction over one connection (or just the connection, for reading)."""

    __slots__ = ("_after", "_connection", "_facts", "now")

    def __init__(self, connection: Any, now: datetime) -> None:
        self._connection, self.now = connection, now
        self._facts: list[Any] = []
        self._after: list[Callable[[], None]] = []

    async def all(self, sql: Sql, /, **values: Any) -> list[Any]:
        statement = sql if isinstance(sql, Statement) else Statement(sql)
        with _translated(statement):
            return await self._connection.fetch(statement.text, *statement.arguments(values))

    async def one(self, sql: Sql, /, **values: Any) -> Any | None:
        statement = sql if isinstance(sql, Statement) else Statement(sql)
        with _translated(statement):
            return await self._connection.fetchrow(statement.text, *statement.arguments(values))

    async def value(self, sql: Sql, /, **values: Any) -> Any:
        row = await self.one(sql, **values)
        return None if row is None else row[0]

    async def run(self, sql: Sql, /, **values: Any) -> int:
        statement = sql if isinstance(sql, Statement) else Statement(sql)
        with _translated(statement):
            done = await self._connection.execute(statement.text, *statement.arguments(values))
        touched = done.rpartition(" ")[2]
        return int(touched) if touched.isdecimal() else 0

    async def copy(self, table_name: str, columns: Sequence[str], records: Sequence[tuple[Any, ...]]) -> None:
        with _translated():
            await self._connection.copy_records_to_table(table_name, columns=list(columns), records=records)

    def tell(self, fact: Tellable) -> None:
        assert fact.topic, f"{type(fact).__qualname__} has no topic"
        self._facts.append(fact)

    def after_commit(self, act: Callable[[], None]) -> None:
        self._after.append(act)

    async def write_facts(self) -> bool:
        """Write what was told, the last thing before the commit; whether there is anything."""
        if self._facts:
            self._facts = once(self._facts)
            facts = await self._with_contents()
            topics = [fact.topic for fact in facts]
            with _translated():
                await self._connection.execute(_TELL, self.now, topics, facts)
        return bool(self._facts)

    async def _with_contents(self) -> list[Any]:
        """The facts with their contents; without, where those cannot be had: nothing that happens fails for that, and
        who reads the fact looks for itself."""
        if all(fact.topic not in wanted for fact in self._facts):
            return self._facts
        try:
            async with self._connection.transaction():
                return await with_contents(self, self._facts)
        except Exception:
            log.exception("facts without their contents")
            return self._facts

    def committed(self) -> None:
        """Run what waited for the commit."""
        for act in self._after:
            act()


class _translated:  # reads as a statement: `with _translated(statement):`
    """The server's refusals, and that it is away, in the grammar's words."""

    __slots__ = ("_statement",)

    def __init__(self, statement: Statement | None = None) -> None:
        self._statement = statement

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is None:
            return
        if isinstance(error, asyncpg.UniqueViolationError | asyncpg.ExclusionViolationError):
            raise Duplicate(*_constraint(error)) from error
        if isinstance(error, asyncpg.ForeignKeyViolationError):
            deletes = self._statement is not None and _DELETES.search(self._statement.text)
            raise (StillReferenced if deletes else UnknownReference)(*_constraint(error)) from error
        if isinstance(error, asyncpg.DataError | asyncpg.ProgramLimitExceededError):  # no column, or index, holds it
            log.warning("a value fits no column", error=str(error))
            found = None if self._statement is None else _ARGUMENT.search(str(error))
            if self._statement is None or found is None:
                raise Invalid from error
            raise self._statement.unfit(int(found[1])) from error
        if isinstance(error, AWAY):
            raise DatabaseUnavailable(str(error) or type(error).__name__) from error


def _constraint(error: asyncpg.PostgresError) -> tuple[str, str]:
    """Its name, and that of the table it is one of."""
    return getattr(error, "constraint_name", None) or "", getattr(error, "table_name", None) or ""


class _around:  # reads as a statement: `with _around() as block:`
    """What is done around a block, in the grammar's words as above; a fault of the block itself stays what it is."""

    __slots__ = ("_own",)

    def __enter__(self) -> "_around":
        self._own: BaseException | None = None
        return self

    def failed(self, error: BaseException) -> NoReturn:
        """The block raised this."""
        self._own = error
        raise error

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is not self._own:
            _translated().__exit__(kind, error, trace)


_encoder = msgspec.json.Encoder(decimal_format="number")


async def _prepare(connection: Any) -> None:
    """JSONB is decoded; what a query casts to JSON is handed through as it is."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + _encoder.encode(value),
        decoder=lambda raw: msgspec.json.decode(raw[1:]),
        format="binary",
    )
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=_encoder.encode, decoder=msgspec.Raw, format="binary"
    )


async def _keep(connection: Any) -> None:
    """Give a connection back as it is: we set nothing on a session that would have to be undone."""


class PostgresDatabase:
    """Transactions on a pool of connections to one PostgreSQL."""

    def __init__(self, pool: Any, clock: Clock, dsn: str) -> None:
        self._pool, self.clock, self.dsn = pool, clock, dsn
        self.notifier = CommitNotifier(pool)
        self._notifiers = {CHANNEL: self.notifier}

    @classmethod
    async def connect(cls, dsn: str, clock: Clock, most: int = 16) -> "PostgresDatabase":
        """Open the pool. `dsn` is a PostgreSQL URL, `most` the number of connections."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=most,
            init=_prepare,
            reset=_keep,
            command_timeout=60,
            server_settings={"jit": "off"},
        )
        return cls(pool, clock, dsn)

    def notifier_of(self, channel: str) -> CommitNotifier:
        """What tells on this channel."""
        return self._notifiers.setdefault(channel, CommitNotifier(self._pool, channel))

    async def close(self) -> None:
        """Close every connection, waiting 5 s for those in use."""
        try:
            async with asyncio.timeout(5):
                for notifier in self._notifiers.values():
                    await notifier.close()
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[_Tx]:
        """A connection for reading. Raises DatabaseUnavailable, as `begin` does, where the database cannot be reached,
        is lost, or cannot do its work; what else fails in the block is the block's."""
        with _around() as block:
            async with self._pool.acquire() as connection:
                try:
                    yield _Tx(connection, self.clock.now())
                except Invalid as error:
                    await connection.execute("SELECT")  # ends what a refused value left half sent, frees its locks
                    block.failed(error)
                except BaseException as error:
                    block.failed(error)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[_Tx]:
        """A transaction; its facts are written with it, its after-commit calls run once it is durable."""
        with _around() as block:
            async with self._pool.acquire() as connection:
                async with connection.transaction():
                    try:
                        tx = _Tx(connection, self.clock.now())
                        yield tx
                        told = await tx.write_facts()
                    except BaseException as error:
                        block.failed(error)
                if told:
                    self.notifier.notify()
                tx.committed()

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[Any]:
        """A connection outside the pool, for LISTEN and for session locks. It, and its block, raise DatabaseUnavailable
        where the database is away."""
        with _translated():
            connection = await asyncpg.connect(self.dsn, server_settings={"jit": "off"})
            try:
                yield connection
            finally:
                await connection.close(timeout=5)
