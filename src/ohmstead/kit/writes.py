"""A write: one row on its way into a table, as the rules of its resource see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Invalid, NotFound
from ohmstead.kit.operations import Call
from ohmstead.kit.validation import label
from ohmstead.kit.views import snake


class Referable(Protocol):
    """A resource, as a reference sees it."""

    async def get(self, call: Call, key: int, tx: Tx | None = None) -> Row:
        """The row of an id, under the caller's rights, or 404."""
        ...


@dataclass(slots=True)
class Write:
    """One row on its way into a table. Rules read it, complete `values`, and object by `add_error`."""

    verb: str  # create | update | delete
    call: Call
    tx: Tx
    values: dict[str, Any]  # attribute or column -> value, what is to be written
    before: Row | None = None
    parent: Row | None = None
    id: int = 0
    extras: dict[str, Any] = field(default_factory=dict)  # what an `after` needs and no column holds
    field_names: Mapping[str, str] = field(default_factory=dict)  # the version's names for fields, where they differ
    _errors: dict[str, list[str]] = field(default_factory=dict)

    def value_of(self, name: str, default: Any = None) -> Any:
        """The value a column will have after this write."""
        if name in self.values:
            return self.values[name]
        return self.before[name] if self.before is not None else default

    def gives(self, *names: str) -> bool:
        """Whether the write gives any of these a value."""
        return any(name in self.values for name in names)

    def add_error(self, field_name: str, text: str) -> None:
        """Object to a field (its newest API name, dotted below); all objections leave in one 422."""
        head, dot, rest = field_name.partition(".")
        named = self.field_names.get(field_name) or self.field_names.get(head, head) + dot + rest
        self._errors.setdefault(named, []).append(text)

    async def check_reference(self, field_name: str, resource: Referable, column: str = "") -> Row | None:
        """The row of `resource` that the field names (by a written `column`, where it is not the field's own); an
        objection where it names one that is not there for the caller."""
        key = self.values.get(column or snake(field_name))
        try:
            return None if key is None else await resource.get(self.call, key, self.tx)
        except NotFound:
            self.add_error(field_name, f"The selected {label(field_name)} is invalid.")
            return None

    def raise_errors(self) -> None:
        """Raise the objections, if there are any."""
        if self._errors:
            raise Invalid.of(self._errors)
