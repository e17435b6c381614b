"""The explicit list of rooms: every operation the API serves, in the order the document shows them."""

from ohmstead.kit.operations import Operation
from ohmstead.rooms.energy import meters
from ohmstead.rooms.network import communication, connectors, evses  # noqa: F401 - their tables

OPERATIONS: list[Operation] = [
    *meters.meters.operations,
    *meters.actions.operations,
]
