"""Locations: where charge points stand, when one may charge there and what else is around."""

from ohmstead.rooms.network.locations import rules  # noqa: F401 - registers the rules
from ohmstead.rooms.network.locations.resource import locations, public_charge_points
from ohmstead.rooms.network.locations.row import location

__all__ = ["location", "locations", "public_charge_points"]
