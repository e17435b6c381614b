"""A write: one row on its way into a table, as the rules of its resource see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Invalid
from ohmstead.kit.operations import Call


@dataclass(slots=True)
class Write:
    """One row on its way into a table. Hooks complete its `values`, and object by `add_error`."""

    call: Call
    tx: Tx
    values: dict[str, Any]  # attribute or column -> value, what is to be written
    before: Row | None = None  # None: it is created
    parent: Row | None = None
    id: int = 0
    extras: dict[str, Any] = field(default_factory=dict)  # what a hook after the write needs and no column holds
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
        known, rest = field_name, ""
        while known not in self.field_names and "." in known:
            known, _, last = known.rpartition(".")
            rest = f".{last}{rest}"
        self._errors.setdefault(self.field_names.get(known, known) + rest, []).append(text)

    def referred(self, name: str) -> Row | None:
        """The row that a declared reference of the body names; None where it names none, or one that is not there."""
        return self.call.referred.get(name)

    def raise_errors(self) -> None:
        """Raise the objections, if there are any."""
        if self._errors:
            raise Invalid.of(self._errors)
