"""Charge points: the machines with one OCPP identity each, or none, and what the operator says of them."""

from ohmstead.rooms.network.charge_points import (  # noqa: F401 - register themselves
    consequences,
    rates,
    rules,
    shared_partners,
    shares,
    utilities,
)
from ohmstead.rooms.network.charge_points.derived import NETWORK_STATUS
from ohmstead.rooms.network.charge_points.resource import (
    charge_points,
    circuits_of,
    outside_limits_of,
    personal_modes_of,
    set_apart_of,
    smart_charging_of,
    steering_of,
)
from ohmstead.rooms.network.charge_points.table import charge_point

__all__ = [
    "NETWORK_STATUS",
    "charge_point",
    "charge_points",
    "circuits_of",
    "outside_limits_of",
    "personal_modes_of",
    "set_apart_of",
    "smart_charging_of",
    "steering_of",
]
