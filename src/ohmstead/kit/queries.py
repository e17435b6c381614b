"""Query strings as clients really write them: brackets or dots, repeats, empty and null cursors."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

_NOTHING = ("", "null")


@dataclass(slots=True)
class Query:
    """One parsed query string.

    `filters` maps a dotted name to its texts, `include` lists the wanted extras, `cursor` is None where no cursor key
    came, "" where the first page of cursor mode is meant, and `plain` holds every other parameter's last text.
    """

    filters: dict[str, list[str]] = field(default_factory=dict)
    include: list[str] = field(default_factory=list)
    cursor: str | None = None
    page: str | None = None
    per_page: str | None = None
    plain: dict[str, str] = field(default_factory=dict)
    kept: list[tuple[str, str]] = field(default_factory=list)  # all but page and cursor: what a next link repeats


EMPTY = Query()


def parse(text: str) -> Query:
    """Read a query string (api-behaviour C1, C2, C7): of repeated cursors the first real one counts."""
    if not text:
        return EMPTY
    query = Query()
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name == "cursor":
            _take_cursor(query, value)
        elif name == "page":
            query.page = query.page if value in _NOTHING else value
        else:
            query.kept.append((name, value))
            _take(query, name, value)
    return query


def _take_cursor(query: Query, value: str) -> None:
    if not query.cursor:
        query.cursor = "" if value in _NOTHING else value


def _take(query: Query, name: str, value: str) -> None:
    head, *rest = _segments(name)
    if head == "filter" and rest:
        query.filters.setdefault(".".join(part for part in rest if part and not part.isdigit()), []).append(value)
    elif head == "include":
        query.include.extend(part for part in value.split(",") if part)
    elif head == "per_page":
        query.per_page = query.per_page if value in _NOTHING else value
    else:
        query.plain[name] = value


def _segments(name: str) -> Iterator[str]:
    """`filter[a][b]`, `filter[a.b]` and `filter[a][]` all become filter, a, b."""
    head, _, tail = name.partition("[")
    yield head
    if tail:
        yield from tail.rstrip("]").split("][")
