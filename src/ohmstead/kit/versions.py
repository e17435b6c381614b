"""Versions: what a resource looks like in one version of the API, and the extras that a request may ask for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from ohmstead.kit.db import Tx
from ohmstead.kit.filters import Filter
from ohmstead.kit.operations import Call, Parameter, RenderContext
from ohmstead.kit.paging import Pages, unpaged

VERBS = ("list", "create", "read", "update", "delete")
"""Those of most. `replace` is a PUT of a row that is there, `put` one that also creates it (201, or 200 where
there is no key); both take the whole row, so that what is left out has the view's default, or none."""


@dataclass(frozen=True, slots=True)
class Include:
    """An extra that `include[]=name` adds: `load` gets the ids of a page and answers id -> ready value."""

    name: str
    load: Callable[[Tx, list[int], RenderContext], Awaitable[Mapping[int, Any]]]
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
    internal: bool = False  # served below `internal/`: what the published API lacks
    filters: tuple[Filter, ...] | None = None  # None: the resource's
    includes: tuple[Include, ...] | None = None
    create_view: type[Struct] | None = None  # where a POST's body is not the view's
    update_view: type[Struct] | None = None
    create_body: Any = None  # what a POST's body is, where it is one of several shapes of the view, by a tag
    created: int = 201  # the status of a POST
    terminals: tuple[str, ...] = ()  # verbs that are open to the tokens of payment terminals
    updates_by_put: bool = False  # an update is a PUT; what it leaves out stays all the same
    required_on_update: tuple[str, ...] = ()  # attributes an update has to give even where they stay the same
    parameters: tuple[Parameter, ...] = ()  # further query parameters its includes read
    answer: Any = None  # what its answers are said to be, where they are of several shapes of the view
    field_names: Mapping[str, str] = field(default_factory=dict)  # newest field -> this one's, for the texts of a 422
    extra_statuses: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # verb -> statuses beside those of all
    unwrapped: tuple[str, ...] = ()  # verbs whose answer the document does not wrap in `data`
    single: Callable[[Call], Awaitable[int | None]] | None = None  # the one row that filters of a listing mean
    linked: tuple[str, ...] = ()  # verbs of one row that the document gives the links and meta of a page all the same


def wrapped(answer: Any, call: Call) -> Any:
    """A row's answer as its operation gives it."""
    if not call.operation.wrapped:
        return answer
    return {"data": answer} | (unpaged(call.url) if call.operation.pages is Pages.ALONE else {})
