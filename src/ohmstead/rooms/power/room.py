"""The room of power: what it exports."""

from ohmstead.rooms.power import (
    deadlines,  # noqa: F401 - of sessions: for load management
    local_sources,  # noqa: F401 - of sessions: for their cost
    tariff_wishes,  # noqa: F401 - of sessions: for load management
)
from ohmstead.rooms.power.circuit_schedules import schedules
from ohmstead.rooms.power.circuits import (
    actions,
    currents,
    loads,
    phase_policy,
    priorities,
    questions,  # noqa: F401 - it answers lower rooms
)
from ohmstead.rooms.power.circuits.resource import circuits
from ohmstead.rooms.power.flexibility import activation_caps  # noqa: F401 - it sets caps
from ohmstead.rooms.power.flexibility.actions import actions as flexibility_actions
from ohmstead.rooms.power.flexibility.assets import assets
from ohmstead.rooms.power.flexibility.ending import AssetEnds
from ohmstead.rooms.power.flexibility.forecast import forecasts
from ohmstead.rooms.power.flexibility.requests import requests
from ohmstead.rooms.power.flexibility.series import SeriesWork, history
from ohmstead.rooms.power.integrations import Balancing
from ohmstead.rooms.power.management import standing  # noqa: F401 - it answers lower rooms
from ohmstead.rooms.power.management.explanation import operations as explanation
from ohmstead.rooms.power.preferences import in_use, private_data, wishes  # noqa: F401 - register themselves
from ohmstead.rooms.power.preferences import operations as preferences
from ohmstead.rooms.power.preferences.off_circuit import OffCircuits

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
    preferences.operations,
    schedules,
    phase_policy.phase_policies,
    assets,
    history,
    forecasts,
    requests,
    flexibility_actions,
)
BACKGROUND = (AssetEnds, Balancing, SeriesWork, OffCircuits)
