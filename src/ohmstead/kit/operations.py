"""Operations: one route of the API each, declared with all that the routes, the document and the tests need."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from ohmstead.kit.bounds import within
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Tx
from ohmstead.kit.errors import NotFound
from ohmstead.kit.filters import Filter
from ohmstead.kit.queries import Query

JSON = "application/json"
encoder = msgspec.json.Encoder(decimal_format="number")


class Transactions(Enum):
    """How an operation meets the database."""

    READ = "read"  # a connection, no transaction
    ONE = "one"  # one transaction for the whole request
    MANUAL = "manual"  # opens its own transactions, because it waits for the world between them


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: an administrator through a token, with the token's scopes and, maybe, the rights of one partner,
    or of several (those of a sub-operator); or a payment terminal, which has no rights but those opened to it."""

    admin_id: int
    token_id: int
    scopes: frozenset[str]
    partner: int | list[int] | None = None
    terminal: int | None = None

    @property
    def binding(self) -> str:
        """Whose rights it has: "" the operator's, "one" partner's, "several", or a "terminal"'s."""
        one = "several" if isinstance(self.partner, list) else "one"
        return "terminal" if self.terminal is not None else "" if self.partner is None else one

    @property
    def bound(self) -> dict[str, Any]:
        """The values of PARTNER and TERMINAL in conditions of access."""
        return {"partner": self.partner, "terminal": self.terminal}

    def may(self, scope: str) -> bool:
        """Whether the scope is granted, itself or by `*` or `<resource>.*`."""
        return not self.scopes.isdisjoint(("*", scope, scope.partition(".")[0] + ".*", "*." + scope.partition(".")[2]))


NOBODY = Actor(0, 0, frozenset())
"""Who asks without a token, at an operation that is open."""


@dataclass(frozen=True, slots=True)
class RenderContext:
    """For whom rows become answers, and what these are to hold: all that the loaders of includes may look at."""

    actor: Actor
    base_url: str = ""  # where the API is reached: scheme and host
    include: Collection[str] = ()  # what `include[]` names
    flags: Mapping[str, str] = field(default_factory=dict)  # the query parameters of includes that have their own

    def sets(self, flag: str) -> bool:
        """Whether a boolean flag is set."""
        return self.flags.get(flag, "").lower() in ("1", "true")


@dataclass(frozen=True, slots=True)
class Reply:
    """A ready answer: status and JSON bytes (None: no body)."""

    status: int
    body: bytes | None = None

    @classmethod
    def of(cls, status: int, value: Any) -> "Reply":
        """Encode `value`."""
        return cls(status, encoder.encode(value))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter of a single operation, or one of its path that is no id."""

    name: str
    type: Any
    default: Any = None
    doc: str = ""


@dataclass(slots=True)
class Operation:
    """Method, path template and everything known of one route. `answers` maps a 2xx status to its body type or None."""

    method: str
    path: str
    tag: str
    summary: str
    run: Callable[["Call"], Awaitable[Reply]]
    scope: str
    partners: bool  # whether a token bound to a partner may call it; what it finds is held to that partner all the same
    transactions: Transactions
    body: Any = None  # a struct, a list of one, or one of several by their tag
    body_required: bool = True
    answers: Mapping[int, Any] = field(default_factory=dict)
    errors: tuple[int, ...] = (401, 403, 404, 429)
    parameters: tuple[Parameter, ...] = ()
    filters: tuple[Filter, ...] = ()
    references: Mapping[str, Any] = field(default_factory=dict)  # of its body; see `references`
    includes: tuple[str, ...] = ()
    pages: Any = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    deprecated: bool = False
    terminals: bool = False  # whether the token of a payment terminal may call it
    open: bool = False  # to callers without a token
    counted: bool = True  # whether calls without a token are held down by the address they come from
    single: bool = False  # a listing that may be of one row, without links and meta
    callbacks: tuple[Any, ...] = ()  # the notifications that a subscription made by it may be told; see there
    wrapped: bool = True  # the answer is a resource's: `{data: ...}`
    doc: str = ""


@dataclass(slots=True)
class Call:
    """One request on its way through an operation."""

    operation: Operation
    actor: Actor
    database: Database
    clock: Clock
    path: Mapping[str, str]
    query: Query
    raw: bytes
    url: str
    trace_id: str
    _tx: Tx | None = None
    _context: RenderContext | None = None
    changes: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)  # of a call to an operation that is open
    referred: dict[str, Any] = field(default_factory=dict)  # the rows that the body refers to; see `references`
    committed: bool = False  # whether a step of it is durable

    @property
    def tx(self) -> Tx:
        """The request's transaction (an operation in steps has none: it begins its own)."""
        assert self._tx is not None, "an operation in steps opens its transactions with call.begin()"
        return self._tx

    @property
    def now(self) -> datetime:
        """The moment of the request's transaction, or of the clock."""
        return self._tx.now if self._tx else self.clock.now()

    @property
    def context(self) -> RenderContext:
        """For whom this request's rows become answers."""
        if self._context is None:
            url = self.url.partition("/public-api/")[0]
            self._context = RenderContext(self.actor, url, self.query.include, self.query.plain)
        return self._context

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """A transaction of its own for one step."""
        async with self.database.begin() as tx:
            yield tx
        self.committed = True

    def key(self, name: str) -> int:
        """A path parameter as a row's id; what is no number names no row: 404."""
        text = self.path[name]
        if not text.isdecimal() or len(text) > 18:
            raise NotFound.model(name, text)
        return int(text)

    def number(self, name: str) -> int:
        """A path parameter as a number of OCPP, which has 32 bits: 422 where it has more."""
        return within(name, self.key(name), 32)
