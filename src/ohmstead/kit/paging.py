"""Pages: by cursor, by number, by either as the client asks, or the whole list at once."""

import base64
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta, Struct

from ohmstead.kit.errors import Invalid
from ohmstead.kit.queries import Query

MAX_PER_PAGE = 100


class Pages(Enum):
    """How a listing of one version is paged."""

    CURSOR = "cursor"
    NUMBER = "number"
    EITHER = "either"  # by number unless a cursor key came
    WHOLE = "whole"


class CursorLinks(Struct):
    """Where to go from a cursor page; `first` and `last` are always null."""

    first: str | None
    last: str | None
    prev: str | None
    next: str | None


class CursorMeta(Struct):
    """What a cursor page says of itself."""

    path: str
    per_page: int
    next_cursor: str | None
    prev_cursor: str | None


class PageLink(Struct):
    """One numbered page to jump to."""

    url: str | None
    label: str
    active: bool


class NumberMeta(Struct):
    """What a numbered page says of itself."""

    current_page: int
    from_: int | None = msgspec.field(name="from")
    last_page: int = 1
    links: list[PageLink] = []
    path: str = ""
    per_page: int = MAX_PER_PAGE
    to: int | None = None
    total: int = 0


class NumberLinks(Struct):
    """Where to go from a numbered page."""

    first: str | None
    last: str | None
    prev: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page a request is after. `after` is the id a cursor starts from (None: the beginning)."""

    by_cursor: bool
    per_page: int
    number: int = 1
    after: int | None = None
    forward: bool = True


class _Cursor(Struct):
    """What a cursor says inside: the row it points at and which way to go on from there."""

    id: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
    forward: bool = msgspec.field(name="_pointsToNextItems", default=True)


_cursors = msgspec.json.Decoder(_Cursor)


def parse_page(query: Query, pages: Pages) -> PageRequest:
    """Read the page parameters; Invalid names the bad one."""
    per_page = _whole("per_page", query.per_page, MAX_PER_PAGE, MAX_PER_PAGE)
    if pages is Pages.CURSOR or (pages is Pages.EITHER and query.page is None and query.cursor is not None):
        after, forward = _open(query.cursor) if query.cursor else (None, True)
        return PageRequest(True, per_page, after=after, forward=forward)
    return PageRequest(False, per_page, number=_whole("page", query.page, 1, 10**9))


def _whole(name: str, text: str | None, default: int, most: int) -> int:
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 10 or not 1 <= int(text) <= most:
        limit = f" and may not be greater than {most}" if name == "per_page" else ""
        raise Invalid(**{name: f"The {name.replace('_', ' ')} must be an integer of at least 1{limit}."})
    return int(text)


def _open(cursor: str) -> tuple[int, bool]:
    try:
        inside = _cursors.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return inside.id, inside.forward
    except (ValueError, msgspec.MsgspecError):
        raise Invalid(cursor="The cursor is invalid.") from None


def encode_cursor(key: int, forward: bool) -> str:
    """A cursor: opaque to clients, base64 of JSON."""
    return base64.urlsafe_b64encode(msgspec.json.encode(_Cursor(key, forward))).decode().rstrip("=")


def cursor_page(page: PageRequest, ids: list[int], more: bool, base: str, query: Query) -> dict[str, Any]:
    """`links` and `meta` of a cursor page holding `ids` in order; `more` says whether rows follow in its direction."""
    onward = more if page.forward else page.after is not None
    backward = (page.after is not None) if page.forward else more
    following = encode_cursor(ids[-1], True) if ids and onward else None
    before = encode_cursor(ids[0], False) if ids and backward else None
    return {
        "links": CursorLinks(None, None, _link(base, query, before), _link(base, query, following)),
        "meta": CursorMeta(base, page.per_page, following, before),
    }


def _link(base: str, query: Query, cursor: str | None) -> str | None:
    return None if cursor is None else _url(base, [*query.kept, ("cursor", cursor)])


def _url(base: str, pairs: list[tuple[str, str]]) -> str:
    return base + "?" + "&".join(f"{quote(name, safe='[]')}={quote(value)}" for name, value in pairs)


def number_page(page: PageRequest, count: int, total: int, base: str, query: Query) -> dict[str, Any]:
    """`links` and `meta` of numbered page `page.number` that shows `count` of `total` rows."""
    last, start = max(1, -(-total // page.per_page)), (page.number - 1) * page.per_page

    def url(number: int) -> str | None:
        return _url(base, [*query.kept, ("page", str(number))]) if 1 <= number <= last else None

    links = [PageLink(url(page.number - 1), "&laquo; Previous", False)]
    links += [PageLink(url(number), str(number), number == page.number) for number in _near(page.number, last)]
    links.append(PageLink(url(page.number + 1), "Next &raquo;", False))
    first, final = (start + 1, start + count) if count else (None, None)
    meta = NumberMeta(page.number, first, last, links, base, page.per_page, final, total)
    return {"links": NumberLinks(url(1), url(last), url(page.number - 1), url(page.number + 1)), "meta": meta}


def _near(number: int, last: int) -> list[int]:
    """All pages of a short list; of a long one the ends and the neighbours."""
    if last <= 12:
        return list(range(1, last + 1))
    return sorted({1, 2, last - 1, last, *range(max(1, number - 3), min(last, number + 3) + 1)})
