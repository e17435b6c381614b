"""The room of notices: what it serves and what it does in the background."""

from ohmstead.kit.serving import Declared
from ohmstead.rooms.notices import (
    erasure,  # noqa: F401 - of deleted users
    subscriptions,
)

OPERATIONS: tuple[Declared, ...] = (subscriptions.operations(),)
