"""Resources: a table, its versions and its rules; list, create, read, update and delete follow from the declaration."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Table

from ohmstead.kit.access import INHERITED, PARTNERS, Access
from ohmstead.kit.db import Row, Statements, Tx
from ohmstead.kit.errors import Invalid, NotFound
from ohmstead.kit.filters import Filter, by_name
from ohmstead.kit.groups import API
from ohmstead.kit.operations import Call, Operation, Parameter
from ohmstead.kit.paging import Pages
from ohmstead.kit.questions import Question
from ohmstead.kit.reading import Reader, find
from ohmstead.kit.validation import label
from ohmstead.kit.writing import Write, Writer

VERBS = ("list", "create", "read", "update", "delete")
Rule = Callable[[Write], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Include:
    """An extra that `include[]=name` adds: `load` gets the ids of a page and answers id -> ready value."""

    name: str
    load: Callable[[Tx, list[int], Call], Awaitable[Mapping[int, Any]]]
    field: str = ""  # the view's attribute, where it differs from the name's snake form
    always: bool = False
    flag: str = ""  # asked for by this boolean query parameter instead of include[]
    empty: Any = None  # the value of a row for which `load` found nothing


@dataclass(slots=True)
class Version:
    """One version of a resource. The newest speaks the rules' language; an older one has `upgrade` (its body's given
    fields to the newest's) and `downgrade` (a newest answer's fields to its own)."""

    name: str
    view: type[Struct]
    pages: Pages = Pages.CURSOR
    upgrade: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    downgrade: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    deprecated: bool = False
    verbs: tuple[str, ...] = VERBS
    filters: tuple[Filter, ...] | None = None  # None: the resource's
    includes: tuple[Include, ...] | None = None
    create_view: type[Struct] | None = None  # where a POST's body is not the view's
    update_view: type[Struct] | None = None
    puts: bool = False  # an update is a PUT; what it leaves out stays all the same
    restated: tuple[str, ...] = ()  # attributes an update has to give even where they stay the same
    key: str = ""  # the path parameter, where it differs from the resource's
    parameters: tuple[Parameter, ...] = ()  # further query parameters its includes read
    words: Mapping[str, str] = field(default_factory=dict)  # newest field -> this version's, for the texts of a 422
    further: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # verb -> statuses beside those of all
    bare: tuple[str, ...] = ()  # verbs whose answer the document does not wrap in `data`

    def wrapped(self, verb: str, answer: Any) -> Any:
        """A row's answer as this version's verb gives it."""
        return answer if verb in self.bare else {"data": answer}


@dataclass(frozen=True, slots=True)
class Parent:
    """A resource this one lives under: its rows carry the parent's id in `column`."""

    resource: "Resource"
    column: ColumnElement[int]


@dataclass(slots=True, eq=False)
class Resource:
    """See the module. `columns` maps a view's attribute to the SQL it is read from, where that is no column of the same
    name; `access` says what of it is open to the tokens of partners."""

    name: str
    table: Table
    tag: str
    versions: list[Version]
    key: str
    title: str
    access: Access
    filters: Iterable[Filter] = ()
    includes: tuple[Include, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    where: ColumnElement[bool] | None = None
    parent: Parent | None = None
    topic: str = ""  # facts `<topic>.changed` are told with {id, action}
    conflicts: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # constraint -> (field, text) of a 422
    rules: list[Rule] = field(default_factory=list)
    afters: list[Rule] = field(default_factory=list)
    may_delete: Question[Any] = field(default_factory=lambda: Question("may delete"))
    finds: Statements = field(default_factory=Statements, repr=False)  # see `reading.find`
    _operations: list[Operation] | None = None

    def __post_init__(self) -> None:
        self.filters = tuple(self.filters)
        assert self.access is not PARTNERS, f"{self.name}: say which rows are a partner's"
        assert self.access is not INHERITED or self.parent, f"{self.name}: inherits from no parent"

    @property
    def operations(self) -> list[Operation]:
        """The operations of every version, made when first asked for: by then every room has added what it adds."""
        if self._operations is None:
            self._operations = [one for version in self.versions for one in self._version_operations(version)]
        return self._operations

    def _version_operations(self, version: Version) -> Iterable[Operation]:
        reader = Reader(self, version)
        writer = Writer(self, version, reader)
        for verb in version.verbs:
            yield self._operation(version, verb, reader, writer)

    @property
    def newest(self) -> Version:
        """The version the rules speak."""
        return self.versions[0]

    def rule(self, rule: Rule) -> Rule:
        """Register a check (or a completion of `write.values`) that runs before a row is written."""
        self.rules.append(rule)
        return rule

    def after(self, rule: Rule) -> Rule:
        """Register what else a write does once its row is there (or before it is deleted: `write.verb`)."""
        self.afters.append(rule)
        return rule

    def include(self, *includes: Include) -> None:
        """Add includes from an upper room; the view declares their fields."""
        self.includes += includes
        assert self._operations is None, f"{self.name}: too late to add an include"

    def filter(self, *filters: Filter) -> None:
        """Add filters from an upper room."""
        self.filters = (*self.filters, *filters)
        assert self._operations is None, f"{self.name}: too late to add a filter"

    def opens_also(self, condition: ColumnElement[bool]) -> None:
        """Let partners see further rows, which an upper room knows of."""
        self.access = replace(self.access, sees=self.access.sees | condition)
        assert self._operations is None, f"{self.name}: too late to open rows"

    def filters_of(self, version: Version) -> dict[str, Filter]:
        """The filters a version's listing takes, by name."""
        return by_name(self.filters if version.filters is None else version.filters)

    def includes_of(self, version: Version) -> dict[str, Include]:
        """The includes a version takes, by name."""
        return {one.name: one for one in (self.includes if version.includes is None else version.includes)}

    async def find(
        self, call: Call, parameter: str = "", tx: Tx | None = None, lock: bool = False, shared: bool = False
    ) -> Row:
        """The row a path parameter names, all its columns, under the caller's rights: a GET wants to see it, all else
        to change it, unless it only makes use of what is `shared`. Else 404, or 403."""
        changing = call.operation.method != "GET" and not shared
        key = call.key(parameter or self.key)
        return await find(self, call, key, tx or call.tx, changing=changing, lock=lock)

    async def get(self, call: Call, key: int, tx: Tx | None = None, changing: bool = False) -> Row:
        """The row of an id that a body refers to, if the caller may see it (or change it), or 404."""
        return await find(self, call, key, tx or call.tx, changing=changing)

    async def reference(self, call: Call, field: str, key: int, tx: Tx | None = None) -> Row:
        """The row that a field of an action's body names; Invalid naming the field where the caller sees none."""
        try:
            return await self.get(call, key, tx)
        except NotFound:
            raise Invalid.of({field: [f"The selected {label(field)} is invalid."]}) from None

    def path(self, version: Version, verb: str) -> str:
        """The path template of a verb."""
        if self.parent is None:
            base = f"resources/{self.name}/{version.name}"
        else:
            above, top = self.parent.resource, self.parent.resource.path(self.parent.resource.newest, "read")
            base = top.removeprefix(API) + "/" + self.name
            assert above.newest.name == version.name, "a child lives under its parent's version"
        one = "" if verb in ("list", "create") else "/{" + (version.key or self.key) + "}"
        return API + base + one

    def _operation(self, version: Version, verb: str, reader: Reader, writer: Writer) -> Operation:
        facts = reader.facts(verb) if verb in ("list", "read") else writer.facts(verb)
        facts["errors"] = tuple(sorted({*facts["errors"], *version.further.get(verb, ())}))
        word = {"list": "Listing", "read": "Read"}.get(verb, verb.capitalize())
        return Operation(
            path=self.path(version, verb),
            tag=self.tag,
            summary=f"{self.title} / {word}",
            deprecated=version.deprecated,
            scope=f"{self._scope()}.{'read' if verb in ('list', 'read') else 'write'}",
            partners=self.opens(facts["method"]),
            wrapped=verb not in version.bare,
            **facts,
        )

    def opens(self, method: str) -> bool:
        """Whether a partner's token may call operations of this HTTP method at all."""
        if self.access is INHERITED and self.parent is not None:
            return self.parent.resource.opens(method)
        return self.access.opens(method)

    def _scope(self) -> str:
        return self.parent.resource._scope() if self.parent else self.name
