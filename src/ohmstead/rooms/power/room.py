"""The room of power: what it exports."""

from ohmstead.rooms.power.circuits import (
    actions,
    currents,
    loads,
    priorities,
    questions,  # noqa: F401 - it answers lower rooms
)
from ohmstead.rooms.power.circuits.resource import circuits
from ohmstead.rooms.power.management import standing  # noqa: F401 - it answers lower rooms
from ohmstead.rooms.power.management.explanation import operations as explanation

OPERATIONS = (
    circuits,
    loads.reads,
    currents.history,
    explanation.of_circuits,
    explanation.of_evses,
    priorities.charge_point_priorities,
    priorities.user_priorities,
    priorities.reads,
    actions.actions,
)
