"""The room of power: what it exports."""

from ohmstead.rooms.power.circuit_schedules import schedules
from ohmstead.rooms.power.circuits import (
    actions,
    loads,
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

OPERATIONS = (
    circuits,
    loads.reads,
    priorities.charge_point_priorities,
    priorities.user_priorities,
    priorities.reads,
    actions.actions,
    schedules,
    assets,
    history,
    forecasts,
    requests,
    flexibility_actions,
)
BACKGROUND = (AssetEnds, Balancing, SeriesWork)
