"""EVSEs: the outlets of a charge point; each serves one vehicle at a time."""

from ohmstead.rooms.network.evses.every import every_evse
from ohmstead.rooms.network.evses.moving import in_use, move_actions
from ohmstead.rooms.network.evses.resource import connectors, evses
from ohmstead.rooms.network.evses.rules import may_be_wired
from ohmstead.rooms.network.evses.table import evse

__all__ = [
    "connectors",
    "every_evse",
    "evse",
    "evses",
    "in_use",
    "may_be_wired",
    "move_actions",
]
