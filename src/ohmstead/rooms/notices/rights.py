"""Rights: a token is told of what it may read."""

from collections.abc import Iterator

from ohmstead.kit.operations import Actor
from ohmstead.rooms.notices import names

UNTOLD = {
    "roamingPlatform.changed": "roaming-platforms",
    "settlementReport.created": "partner-settlement-reports",
    "cdr.received": "cdrs",
    "installerJob.changed": "installer-jobs",
}
"""Events that nothing tells yet, and of what they will be: who subscribes today is not told more by a later release
than it may read."""


def lacking(actor: Actor, event: str) -> Iterator[str]:
    """The rights that a token needs to be told of an event, and has not."""
    scopes = {one.scope for one in names.NOTIFICATIONS if one.name == event}
    if not scopes and event in UNTOLD:
        scopes = {UNTOLD[event]}
    return (f"{scope}.read" for scope in sorted(scopes) if not actor.may(f"{scope}.read"))
