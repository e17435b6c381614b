"""Locations: where charge points stand, when one may charge there and what else is around."""

from ohmstead.rooms.network.locations.row import location

__all__ = ["location"]
