"""Resources: a table, its versions, its rules and who may see its rows; from the declaration its operations follow."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Table, bindparam, select

from ohmstead.kit.access import INHERITED, PARTNERS, Access
from ohmstead.kit.db import Row, Statements, Tx
from ohmstead.kit.errors import Forbidden, Invalid, NotFound
from ohmstead.kit.facts import RowChanged
from ohmstead.kit.filters import Filter, by_name
from ohmstead.kit.groups import API
from ohmstead.kit.operations import Call, Operation
from ohmstead.kit.questions import Question
from ohmstead.kit.validation import label
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.writes import Write

Rule = Callable[[Write], Awaitable[None]]


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
    changed: type[RowChanged] | None = None  # the fact that is told of each write
    conflicts: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # constraint -> (field, text) of a 422
    rules: list[Rule] = field(default_factory=list)
    afters: list[Rule] = field(default_factory=list)
    may_delete: Question[[Write], None] = field(default_factory=lambda: Question("may delete"))
    finds: Statements = field(default_factory=Statements, repr=False)  # see `reading.find`
    operations: list[Operation] | None = None  # once they are made (see `serving`) it is too late for changes

    def __post_init__(self) -> None:
        self.filters = tuple(self.filters)
        assert self.access is not PARTNERS, f"{self.name}: say which rows are a partner's"
        assert self.access is not INHERITED or self.parent, f"{self.name}: inherits from no parent"

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
        assert self.operations is None, f"{self.name}: too late to add an include"

    def filter(self, *filters: Filter) -> None:
        """Add filters from an upper room."""
        self.filters = (*self.filters, *filters)
        assert self.operations is None, f"{self.name}: too late to add a filter"

    def opens_also(self, condition: ColumnElement[bool]) -> None:
        """Let partners see further rows, which an upper room knows of."""
        self.access = replace(self.access, sees=self.access.sees | condition)
        assert self.operations is None, f"{self.name}: too late to open rows"

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

    def opens(self, method: str) -> bool:
        """Whether a partner's token may call operations of this HTTP method at all."""
        if self.access is INHERITED and self.parent is not None:
            return self.parent.resource.opens(method)
        return self.access.opens(method)

    def scope(self) -> str:
        """The word that its scopes begin with."""
        return self.parent.resource.scope() if self.parent else self.name


def access_conditions(resource: Resource, partner: bool, changing: bool = False) -> list[ColumnElement[bool]]:
    """The WHERE parts every look at a resource has: not deleted, the resource's own, the caller's rights to see it (or
    to change it), and the same of the row it lives under."""
    table, parent, parts = resource.table, resource.parent, []
    if "deleted_at" in table.c:
        parts.append(table.c.deleted_at.is_(None))
    if resource.where is not None:
        parts.append(resource.where)
    if partner:
        parts.append(resource.access.changes if changing else resource.access.sees)
    if parent is not None and (
        upper := access_conditions(parent.resource, partner and resource.access is INHERITED, changing)
    ):
        parts.append(_exists(parent, upper))
    return parts


def parent_conditions(resource: Resource, path: Mapping[str, str], height: int = 0) -> list[ColumnElement[bool]]:
    """The WHERE parts that hold a child to the rows above it that the path names. See `parents`."""
    parent = resource.parent
    if parent is None or parent.resource.key not in path:
        return []
    parts = [parent.column == bindparam(f"parent_{height}", type_=BigInteger)]
    upper = parent_conditions(parent.resource, path, height + 1)
    return [*parts, _exists(parent, upper)] if upper else parts


def _exists(parent: Parent, conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    above = parent.resource.table
    return select(above.c.id).where(above.c.id == parent.column, *conditions).correlate_except(above).exists()


def parents(resource: Resource, call: Call, height: int = 0) -> dict[str, int]:
    """What the conditions of `below` are given."""
    parent = resource.parent
    if parent is None or parent.resource.key not in call.path:
        return {}
    return {f"parent_{height}": call.key(parent.resource.key)} | parents(parent.resource, call, height + 1)


async def find(resource: Resource, call: Call, key: int, tx: Tx, *, changing: bool, lock: bool = False) -> Row:
    """All columns of the row `key`, with the caller's right to see it or to change it; else 404, or 403 where it may
    see it and not change it."""
    partner, above = call.actor.partner_id, parents(resource, call)
    shape = (partner is not None, bool(above), changing, lock)

    def query() -> Select[Any]:
        parts = (*access_conditions(resource, partner is not None, changing), *parent_conditions(resource, call.path))
        found = select(resource.table).where(resource.table.c.id == bindparam("key"), *parts)
        return found.with_for_update(of=resource.table) if lock else found

    row = await tx.one(resource.finds.get(shape, query), key=key, partner=partner, **above)
    if row is None:
        if changing and partner is not None:
            await find(resource, call, key, tx, changing=False)
            raise Forbidden
        raise NotFound.model(resource.title, key)
    return row
