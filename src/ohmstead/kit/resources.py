"""Resources: a table, its versions, its rules and who may see its rows; from the declaration its operations follow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Select, Table, bindparam, select

from ohmstead.kit.access import INHERITED, PARTNERS, Access
from ohmstead.kit.db import Row, Statements, Tx
from ohmstead.kit.errors import Forbidden, Invalid, NotFound
from ohmstead.kit.facts import RowChanged
from ohmstead.kit.filters import Filter, by_name
from ohmstead.kit.groups import API
from ohmstead.kit.hooks import Hooked, Hooks
from ohmstead.kit.operations import Call, Operation, Parameter
from ohmstead.kit.parts import Part
from ohmstead.kit.references import Referable
from ohmstead.kit.validation import label
from ohmstead.kit.versions import Include, Version


@dataclass(frozen=True, slots=True)
class Parent:
    """A resource this one lives under, each version under the parent's of the same name: its rows carry the parent's id
    in `column`."""

    resource: "Resource"
    column: ColumnElement[int]


@dataclass(frozen=True, slots=True)
class Key:
    """What a path names a row by where that is no id: the type its text is read as, and the column it stands in."""

    type: Any
    column: ColumnElement[Any]


@dataclass(slots=True, eq=False)
class Resource(Hooked):
    """See the module. `columns` maps a view's attribute to the SQL it is read from, where that is no column of the same
    name, `parts` to the columns of an object; `access` says what of it is open to the tokens of partners. `key` is the
    path parameter that names a row: an id, or what `by` says; without one there is a single row, below the parent or at
    all. A name may hold a slash."""

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
    parts: Mapping[str, Part] = field(default_factory=dict)
    where: ColumnElement[bool] | None = None
    by: Key | None = None
    parent: Parent | None = None
    changed: type[RowChanged] | None = None  # the fact that is told of each write
    conflicts: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # constraint -> (field, text) of a 422
    references: dict[str, Referable] = field(default_factory=dict)  # see `references`
    hooks: Hooks = field(default_factory=Hooks)
    finds: Statements = field(default_factory=Statements, repr=False)  # see `reading.find`
    operations: list[Operation] | None = None  # once they are made (see `serving`) it is too late for changes

    def __post_init__(self) -> None:
        self.filters = tuple(self.filters)
        assert self.access is not PARTNERS, f"{self.name}: say which rows are a partner's"
        assert self.access is not INHERITED or self.parent, f"{self.name}: inherits from no parent"
        strange = self.conflicts.keys() - {one.name for one in (*self.table.constraints, *self.table.indexes)}
        assert not strange, f"{self.name}: no constraints of its table: {strange}"
        puts = any("put" in one.verbs for one in self.versions)
        assert not puts or self.by or not self.key, f"{self.name}: an id is nobody's choice"
        above = self.parent.resource if self.parent else None
        assert above is None or (above.key and not above.by), f"{self.name}: lives below what has no id in its path"

    @property
    def newest(self) -> Version:
        """The version the rules speak."""
        return self.versions[0]

    def include(self, *includes: Include) -> None:
        """Add includes from an upper room; the view declares their fields."""
        self.includes += includes
        assert self.operations is None, f"{self.name}: too late to add an include"

    def filter(self, *filters: Filter) -> None:
        """Add filters from an upper room."""
        self.filters = (*self.filters, *filters)
        assert self.operations is None, f"{self.name}: too late to add a filter"

    def refer(self, **references: Referable) -> None:
        """Add references to what is declared later: itself, or what an upper room brings."""
        self.references |= references

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
        """The row that the path names (by another `parameter`, an id), all its columns, under the caller's rights: a
        GET wants to see it, all else to change it, unless it only makes use of what is `shared`. Else 404, or 403."""
        changing = call.operation.method != "GET" and not shared
        key = call.key(parameter) if parameter else None
        return await find(self, call, key, tx or call.tx, changing=changing, lock=lock)

    async def get(self, call: Call, key: int, tx: Tx | None = None, changing: bool = False) -> Row:
        """The row of an id that a body refers to, if the caller may see it (or change it), or 404."""
        return await find(self, call, key, tx or call.tx, changing=changing)

    def path(self, version: Version, verb: str) -> str:
        """The path template of a verb."""
        if self.parent is None:
            base = f"{'internal' if version.internal else 'resources'}/{self.name}/{version.name}"
        else:
            above = self.parent.resource
            upper = next((one for one in above.versions if one.name == version.name), None)
            assert upper is not None, f"{self.name}: its parent has no {version.name}"
            base = above.path(upper, "read").removeprefix(API) + "/" + self.name
        one = "" if verb in ("list", "create") or not self.key else "/{" + self.key + "}"
        return API + base + one

    def path_parameters(self, verb: str) -> tuple[Parameter, ...]:
        """Those of a verb's path that are no ids."""
        return () if self.by is None or verb in ("list", "create") else (Parameter(self.key, self.by.type),)

    def key_of(self, call: Call) -> Any:
        """What the path names a row by. What cannot name any: 404, or 422 of a PUT, which might create it."""
        by, parent = self.by, self.parent
        if self.key and by is None:
            return call.key(self.key)
        above = call.key(parent.resource.key) if parent else 1  # without it in the path the row would be anybody's
        if by is None:
            return above  # is only said
        text = call.path[self.key]
        try:
            return msgspec.convert(text, by.type, strict=False)
        except msgspec.ValidationError:
            if call.operation.method == "PUT":
                raise Invalid.of({self.key: [f"The selected {label(self.key)} is invalid."]}) from None
            raise NotFound.model(self.title, text) from None

    def named(self, by_path: bool) -> list[ColumnElement[bool]]:
        """The WHERE parts of the row that a path names, or an id; `key` is bound to it."""
        if by_path and not self.key:
            return []
        column = self.by.column if self.by and by_path else self.table.c.id
        return [column == bindparam("key", type_=column.type)]

    def opens(self, method: str) -> bool:
        """Whether a partner's token may call operations of this HTTP method at all."""
        if self.access is INHERITED and self.parent is not None:
            return self.parent.resource.opens(method)
        return self.access.opens(method)

    def scope(self) -> str:
        """The word that its scopes begin with."""
        return self.parent.resource.scope() if self.parent else self.name


def access_conditions(resource: Resource, binding: str, changing: bool = False) -> list[ColumnElement[bool]]:
    """The WHERE parts every look at a resource has: not deleted, the resource's own, the caller's rights to see it (or
    to change it), and the same of the row it lives under."""
    table, parent, parts = resource.table, resource.parent, []
    if "deleted_at" in table.c:
        parts.append(table.c.deleted_at.is_(None))
    if resource.where is not None:
        parts.append(resource.where)
    if binding:
        parts.append(resource.access.condition(binding, changing))
    inherited = binding if resource.access is INHERITED else ""
    if parent is not None and (upper := access_conditions(parent.resource, inherited, changing)):
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


async def find(resource: Resource, call: Call, key: int | None, tx: Tx, *, changing: bool, lock: bool = False) -> Row:
    """All columns of the row of an id (None: of the one that the path names), with the caller's right to see it or to
    change it; else 404, or 403 where it may see it and not change it."""
    actor, above, by_path = call.actor, parents(resource, call), key is None
    shape = (actor.binding, bool(above), by_path, changing, lock)
    wanted = resource.key_of(call) if by_path else key

    def query() -> Select[Any]:
        parts = (*access_conditions(resource, actor.binding, changing), *parent_conditions(resource, call.path))
        found = select(resource.table).where(*resource.named(by_path), *parts)
        return found.with_for_update(of=resource.table) if lock else found

    row = await tx.one(resource.finds.get(shape, query), key=wanted, **actor.bound, **above)
    if row is None:
        if changing and actor.binding:
            await find(resource, call, key, tx, changing=False)
            raise Forbidden
        raise NotFound.model(resource.title, wanted)
    return row
