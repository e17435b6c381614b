"""Filters: the `filter[...]` parameters of a listing, declared as data and compiled into one WHERE."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_origin

import msgspec
from sqlalchemy import ARRAY, Boolean, ColumnElement, DateTime, Text, any_, bindparam
from sqlalchemy.dialects.postgresql import JSONPATH

from ohmstead.kit.bounds import bits_of, wrong
from ohmstead.kit.errors import Invalid
from ohmstead.kit.validation import label
from ohmstead.kit.views import aware

Clause = Callable[[Any], ColumnElement[bool]]
_LOST_PLUS = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:\d\d)$")


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: its API name, the type its text is read as, and the condition on a bound value."""

    name: str
    type: Any
    clause: Clause
    sql_type: Any = None
    doc: str = ""
    inside: bool = False  # looks into a JSON object: `filter[name.path]=value` counts as well

    def condition(self) -> ColumnElement[bool]:
        """The WHERE part, its value bound by the filter's name."""
        return self.clause(bindparam(self.bound, type_=self.sql_type))

    @property
    def bound(self) -> str:
        """The name its value is bound by."""
        return "filter_" + self.name.replace(".", "_")

    def read(self, texts: list[str]) -> Any:
        """The value of the given texts; Invalid naming `filter.x` when it is not of the type, or none that could be
        found."""
        try:
            value = self._converted(texts)
        except msgspec.ValidationError:
            value = None
        else:
            values, bits = value if isinstance(value, list) else [value], bits_of(self.sql_type)
            if not any(wrong(one, bits) for one in (*values, *texts)):
                return value
        raise Invalid.of({f"filter.{self.name}": [f"The selected filter.{self.name} is invalid."]})

    def _converted(self, texts: list[str]) -> Any:
        if get_origin(self.type) is list:
            return msgspec.convert(texts, self.type, strict=False)
        if self.type in (date, datetime):  # of a moment the day as it is written
            found = moment(texts[-1])
            return found if self.type is datetime else date.fromisoformat(texts[-1][:10])
        return msgspec.convert(texts[-1], self.type, strict=False)


def moment(text: str) -> datetime:
    """A moment as clients write it: a date alone is its midnight, a `+` may have arrived as a space."""
    if len(text) == len("2026-01-01"):
        return aware(msgspec.convert(text + "T00:00:00", datetime))
    return aware(msgspec.convert(_LOST_PLUS.sub(r"\1+\2", text), datetime))


def equals(name: str, column: ColumnElement[Any], type: Any = str, doc: str = "") -> Filter:
    """`column = value`."""
    return Filter(name, type, lambda value: column == value, column.type, doc)


def in_list(name: str, column: ColumnElement[Any], type: Any, doc: str = "") -> Filter:
    """`column` is one of several values, given by repeating the parameter."""
    return Filter(name, list[type], lambda value: column == any_(value), ARRAY(column.type), doc)


def since(name: str, column: ColumnElement[Any], doc: str = "On and after this moment.") -> Filter:
    """`column >= value`."""
    return Filter(name, datetime, lambda value: column >= value, DateTime(timezone=True), doc)


def until(name: str, column: ColumnElement[Any], doc: str = "On and before this moment.") -> Filter:
    """`column <= value`."""
    return Filter(name, datetime, lambda value: column <= value, DateTime(timezone=True), doc)


def changed(column: ColumnElement[Any]) -> tuple[Filter, Filter]:
    """The pair every newer listing has."""
    return since("lastUpdatedAfter", column), until("lastUpdatedBefore", column)


def array_contains(name: str, column: ColumnElement[Any]) -> Filter:
    """Rows whose text array holds the value."""
    return Filter(name, str, lambda value: value == any_(column), Text())


def is_true(name: str, condition: ColumnElement[bool], doc: str = "") -> Filter:
    """Rows for which a condition is as asked: true or false."""
    return Filter(name, bool, lambda value: condition == value, Boolean(), doc)


def one_of(name: str, column: ColumnElement[Any], *values: str) -> Filter:
    """`column = value` for a closed list of words."""
    return equals(name, column, Literal[values])  # type: ignore[valid-type]


def json_contains(name: str, column: ColumnElement[Any], doc: str = "") -> Filter:
    """Rows whose JSON object holds the value at `filter[name.path]`, or without a path in any of its properties."""
    return Filter(name, str, lambda value: column.op("@@", is_comparison=True)(value), JSONPATH(), doc, inside=True)


def by_name(filters: Iterable[Filter]) -> dict[str, Filter]:
    """Filters by their API name."""
    return {one.name: one for one in filters}


def selected_filters(
    filters: Mapping[str, Filter], asked: Mapping[str, list[str]]
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The names in use, in declared order, and their bound values. Unknown names: 422 naming each `filter.x`. One that
    is empty filters nothing."""
    asked = _merge_json_filters(filters, asked)
    unknown = [name for name in asked if name not in filters]
    if unknown:
        raise Invalid.of({f"filter.{name}": [f"The filter {label(name)} is not supported."] for name in unknown})
    asked = {name: given for name, texts in asked.items() if (given := [text for text in texts if text])}
    names = tuple(name for name in filters if name in asked)
    return names, {filters[name].bound: filters[name].read(asked[name]) for name in names}


def _merge_json_filters(filters: Mapping[str, Filter], asked: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What is asked, all that looks into one JSON object made a single JSON path predicate."""
    folded: dict[str, list[str]] = {}
    for name, texts in asked.items():
        top, _, path = (name, "", "") if name in filters else name.partition(".")
        if top in filters and filters[top].inside and not texts[-1]:
            folded.setdefault(top, [])
        elif top in filters and filters[top].inside:
            folded[top] = [" && ".join([*folded.get(top, []), _holds(path, texts[-1])])]
        else:
            folded[name] = texts
    return folded


def _holds(path: str, text: str) -> str:
    """A JSON path predicate: the text, or the number or truth value it spells, is found at the path."""
    place = "$" + "".join("." + _quoted(part) for part in path.split(".")) if path else "$.*"
    alternatives = [_quoted(text)]
    with suppress(msgspec.MsgspecError):
        alternatives.append(_quoted(msgspec.json.decode(text, type=bool | int | float)))
    return "(" + " || ".join(f"{place} == {one}" for one in alternatives) + ")"


def _quoted(value: Any) -> str:
    return msgspec.json.encode(value).decode()
