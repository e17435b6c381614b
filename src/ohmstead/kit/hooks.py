"""Hooks: what rooms add to the writes of a resource, each by the moment it runs at.

Before a row is written it gets its shape (`creating`, `updating`, `writing`): a body becomes columns, and what follows
from it is filled in. Then its rules object. After it `created`, `updated`, `written` do what else a write means.
`deleting` objects to what has not happened yet; `deleted` takes along what goes with a row. All is one transaction.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ohmstead.kit.writes import Write

Hook = Callable[[Write], Awaitable[None]]


@dataclass(slots=True)
class Hooks:
    """By their moment, in the order they were declared. Resources over the same rows share one."""

    creating: list[Hook] = field(default_factory=list)
    updating: list[Hook] = field(default_factory=list)
    rules: list[Hook] = field(default_factory=list)
    created: list[Hook] = field(default_factory=list)
    updated: list[Hook] = field(default_factory=list)
    deleting: list[Hook] = field(default_factory=list)
    deleted: list[Hook] = field(default_factory=list)


class Hooked:
    """The decorators that register hooks; what they decorate may have several."""

    __slots__ = ()
    hooks: Hooks

    def creating(self, hook: Hook) -> Hook:
        """Shape a row that is to be created: change `write.values`, object by `write.add_error`."""
        return _add(hook, self.hooks.creating)

    def updating(self, hook: Hook) -> Hook:
        """Shape a row that is to change."""
        return _add(hook, self.hooks.updating)

    def writing(self, hook: Hook) -> Hook:
        """Shape a row that is to be created or to change."""
        return _add(hook, self.hooks.creating, self.hooks.updating)

    def rule(self, hook: Hook) -> Hook:
        """Object to a row, once it has its shape, before it is created or changes; `write.values` cannot be changed."""
        return _add(hook, self.hooks.rules)

    def created(self, hook: Hook) -> Hook:
        """Follow a new row; `write.id` is its id."""
        return _add(hook, self.hooks.created)

    def updated(self, hook: Hook) -> Hook:
        """Follow a change of a row."""
        return _add(hook, self.hooks.updated)

    def written(self, hook: Hook) -> Hook:
        """Follow a new row, or a change of one."""
        return _add(hook, self.hooks.created, self.hooks.updated)

    def deleting(self, hook: Hook) -> Hook:
        """Object to a deletion (Conflict), before anything of it has happened."""
        return _add(hook, self.hooks.deleting)

    def deleted(self, hook: Hook) -> Hook:
        """Follow a deletion: the row is gone, `write.before` is what it was."""
        return _add(hook, self.hooks.deleted)


def _add(hook: Hook, *lists: list[Hook]) -> Hook:
    for one in lists:
        one.append(hook)
    return hook
