"""The explicit list of rooms: every operation the API serves, in the order the document shows them."""

from ohmstead.kit.operations import Operation
from ohmstead.rooms.energy import meters

OPERATIONS: list[Operation] = [
    *meters.meters.operations,
    *meters.actions.operations,
]
