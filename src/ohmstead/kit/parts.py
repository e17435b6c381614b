"""Parts: an object within a body and an answer, declared once for both. It is laid out in columns of the row, or is one
column of JSON; a body changes the members that it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from msgspec import Struct, to_builtins
from sqlalchemy import JSON, Column, ColumnElement, DateTime, Text, case, cast, func, literal, literal_column, null
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Row
from ohmstead.kit.views import alternatives, fields, hints, marked, provided

_UTC = literal_column("'UTC'")
_OFFSET_FORM = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'""")
_EMPTY = cast(literal("{}", Text), JSONB)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A member that is kept in `column`, and shown by another expression or never (None)."""

    column: Column[Any]
    shown: ColumnElement[Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """An object whose `members` (attribute -> column) are columns. What is an expression, or read only in the view, is
    only shown. A body's null takes away whatever may be NULL. It is shown `when` a condition holds, without members
    that are NULL, and not at all where none is left; with `nulls` those are shown, too."""

    members: Mapping[str, ColumnElement[Any] | Member]
    when: ColumnElement[bool] | None = None
    nulls: bool = False

    def source(self, view: type[Struct]) -> ColumnElement[Any]:
        """The SQL of the object, under the names that its view has on the wire."""
        names, pairs = fields(view), list[Any]()
        for name, member in self.members.items():
            word, shown = names[name].encode_name, member.shown if isinstance(member, Member) else member
            if shown is not None:
                pairs += [literal(word, Text), as_sent(shown, opaque=False)]
        found: ColumnElement[Any] = func.jsonb_build_object(*pairs, type_=JSONB)
        if not self.nulls:
            found = func.nullif(func.jsonb_strip_nulls(found, type_=JSONB), _EMPTY, type_=JSONB)
        return found if self.when is None else case((self.when, found), else_=null())

    def laid(self, view: type[Struct], value: Struct | None, before: Row | None) -> dict[str, Any]:
        """Column -> value of what a body gives."""
        kept = {name: column for name in self.members if (column := self._column(name, view)) is not None}
        if value is None:
            return {str(column.key): None for column in kept.values() if column.nullable}
        return {str(kept[name].key): given_value for name, given_value in provided(value).items() if name in kept}

    def _column(self, name: str, view: type[Struct]) -> Column[Any] | None:
        member = self.members[name]
        column = member.column if isinstance(member, Member) else member
        return column if isinstance(column, Column) and name not in _read_only(view) else None


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """An object that is one column of JSON, under the names on the wire; `default` before anything is said of it, and
    again after a body's null."""

    column: Column[Any]
    default: Mapping[str, Any] = field(default_factory=dict)

    def source(self, view: type[Struct]) -> ColumnElement[Any]:
        """The column."""
        return self.column

    def laid(self, view: type[Struct], value: Struct | None, before: Row | None) -> dict[str, Any]:
        """Column -> value: what was there with what a body gives over it."""
        key = str(self.column.key)
        if value is None:
            return {key: dict(self.default)}
        was = (before[key] if before is not None else None) or self.default
        return {key: _merged(was, value)}


def _merged(was: Mapping[str, Any], body: Struct) -> dict[str, Any]:
    """JSON with what a body gives over it, objects within member by member."""
    given = to_builtins(body, builtin_types=(Decimal,))
    inner = {one.encode_name: getattr(body, name) for name, one in fields(type(body)).items()}
    return dict(was) | {
        name: _merged(was.get(name) or {}, inner[name]) if isinstance(inner.get(name), Struct) else value
        for name, value in given.items()
    }


Part = Columns | Merged


@cache
def nested(view: type[Struct], name: str) -> type[Struct]:
    """The view of a field that is an object."""
    return next(kind for kind in alternatives(hints(view)[name]) if isinstance(kind, type) and issubclass(kind, Struct))


@cache
def _read_only(view: type[Struct]) -> frozenset[str]:
    return frozenset(name for name, one in fields(view).items() if marked(one, "readOnly"))


def as_sent(source: ColumnElement[Any], opaque: bool) -> ColumnElement[Any]:
    """A column as the database itself writes it for an answer: a moment in our form (see `stamp`), and, where nobody
    looks into it (`opaque`), JSON as its text."""
    if isinstance(source.type, DateTime):
        return func.to_char(func.timezone(_UTC, source), _OFFSET_FORM, type_=Text)
    if opaque and isinstance(source.type, JSONB):
        return cast(source, JSON)
    return source
