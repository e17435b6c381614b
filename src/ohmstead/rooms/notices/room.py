"""The room of notices: what it serves and what it does in the background."""

from ohmstead.kit.serving import Declared
from ohmstead.rooms.notices import (
    erasure,  # noqa: F401 - of deleted users
    subscriptions,
)
from ohmstead.rooms.notices.deliveries import deliveries
from ohmstead.rooms.notices.resend import actions
from ohmstead.rooms.notices.states import states

OPERATIONS: tuple[Declared, ...] = (subscriptions.operations(), actions, states, deliveries)
