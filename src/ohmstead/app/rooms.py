"""The explicit list of rooms: every operation the API serves, in the order the document shows them."""

from ohmstead.kit.operations import Operation
from ohmstead.rooms.charging import authorizations  # noqa: F401 - its table
from ohmstead.rooms.energy import meters
from ohmstead.rooms.network import communication, connectors, evses  # noqa: F401 - their tables
from ohmstead.rooms.network.locations import locations
from ohmstead.rooms.network.zones import zones
from ohmstead.rooms.people import users  # noqa: F401 - its table
from ohmstead.rooms.power.circuits import actions as circuit_actions
from ohmstead.rooms.power.circuits import loads, priorities
from ohmstead.rooms.power.circuits.resource import circuits

OPERATIONS: list[Operation] = [
    *meters.meters.operations,
    *meters.actions.operations,
    *locations.operations,
    *zones.operations,
    *circuits.operations,
    *loads.reads.operations,
    *priorities.charge_point_priorities.operations,
    *priorities.user_priorities.operations,
    *priorities.reads.operations,
    *circuit_actions.actions.operations,
]
