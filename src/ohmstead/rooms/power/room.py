"""The room of power: what it exports."""

from ohmstead.rooms.power.circuit_schedules import schedules
from ohmstead.rooms.power.circuits import (
    actions,
    loads,
    priorities,
    questions,  # noqa: F401 - it answers lower rooms
)
from ohmstead.rooms.power.circuits.resource import circuits
from ohmstead.rooms.power.integrations import Balancing
from ohmstead.rooms.power.management import standing  # noqa: F401 - it answers lower rooms

OPERATIONS = (
    circuits,
    loads.reads,
    priorities.charge_point_priorities,
    priorities.user_priorities,
    priorities.reads,
    actions.actions,
    schedules,
)
BACKGROUND = (Balancing,)
